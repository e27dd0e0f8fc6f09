//! What a plain form sends beside its own fields, and what the page that it returns to is told.

use serde::{Deserialize, Serialize};
use vecmap::VecMap;

use crate::model::error::ApiError;

/// Hidden field: the real method, since HTML forms know only GET and POST.
pub const METHOD_FIELD: &str = "_method";
/// Hidden field: the page that the form stands on; errors are shown there.
pub const BACK_FIELD: &str = "_back";
/// Hidden field: where success leads; without it, back to the page.
pub const NEXT_FIELD: &str = "_next";

/// The text of each field of a form.
pub type Fields = VecMap<String, String>;

/// The outcome of a plain form post, kept in the session for the page that it leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Method and route template, such as `POST /auth/login`.
    pub operation: String,
    /// `None` if it went well.
    pub error: Option<ApiError>,
    /// What was typed and may be shown again: never a password or a token.
    pub values: Fields,
}
