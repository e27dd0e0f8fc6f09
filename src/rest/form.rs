//! The hidden fields of plain HTML forms, and the outcome that the next page shows.

use serde::{Deserialize, Serialize};
use vecmap::VecMap;

use crate::model::error::ApiError;

/// Hidden field: the real method, since HTML forms support only GET and POST.
pub const METHOD_FIELD: &str = "_method";
/// Hidden field: the page with the form, which shows the errors.
pub const BACK_FIELD: &str = "_back";
/// Hidden field: the page to open after success. Defaults to the page with the form.
pub const NEXT_FIELD: &str = "_next";

/// The text of each form field, by name.
pub type Fields = VecMap<String, String>;

/// The outcome of a plain HTML form post, stored for the page that it redirects to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Method and route template, such as `POST /auth/login`.
    pub operation: String,
    /// `None` on success.
    pub error: Option<ApiError>,
    /// The input that may be shown again: never a password or a token.
    pub values: Fields,
}
