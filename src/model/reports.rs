//! The wire format of reports.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a user is reported: the values of the field `category`.
pub const CATEGORIES: [&str; 4] = ["spam", "abuse", "impersonation", "other"];
/// Characters of a comment.
pub const COMMENT_MAX: usize = 1000;

/// What a report is about in another service. This service keeps it without knowing what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The name of the service, such as `posts`.
    pub service: String,
    /// What it is there, such as `post`.
    pub r#type: String,
    pub id: String,
}

/// The response to a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub id: Uuid,
}
