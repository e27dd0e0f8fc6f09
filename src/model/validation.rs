//! Field errors: which field is invalid, and how to correct it.

use vecmap::VecMap;

use super::error::ApiError;

/// Messages by field name.
pub type FieldErrors = VecMap<String, Vec<String>>;

/// A rule for one field: returns the message to show if the value breaks it. Messages are fixed texts, so none can
/// repeat the input.
pub type Rule = fn(&str) -> Result<(), &'static str>;

/// The problems found in a form so far, which are all shown at once.
#[derive(Debug, Default)]
pub struct Problems(FieldErrors);

impl Problems {
    /// Returns the value of a field, or records the message under the field's name.
    pub fn note<T>(&mut self, name: &str, parsed: Result<T, &'static str>) -> Option<T> {
        parsed.map_err(|message| self.0.insert(name.to_owned(), vec![message.to_owned()])).ok()
    }
}

impl From<Problems> for ApiError {
    fn from(Problems(fields): Problems) -> Self {
        fields.into()
    }
}
