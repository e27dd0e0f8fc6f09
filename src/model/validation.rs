//! Field errors: which field, and what a person can do about it.

use vecmap::VecMap;

use super::error::ApiError;

/// Messages by field name.
pub type FieldErrors = VecMap<String, Vec<String>>;

/// A rule for one field: the message to show when the value breaks it. Messages are fixed texts,
/// so none can repeat what was typed.
pub type Rule = fn(&str) -> Result<(), &'static str>;

/// What is wrong with the fields of a form so far: all of it is shown in one go.
#[derive(Debug, Default)]
pub struct Problems(FieldErrors);

impl Problems {
    /// The value of a field, if there is one; else notes the message under the field's name.
    pub fn note<T>(&mut self, name: &str, parsed: Result<T, &'static str>) -> Option<T> {
        parsed.map_err(|message| self.0.insert(name.to_owned(), vec![message.to_owned()])).ok()
    }
}

impl From<Problems> for ApiError {
    fn from(Problems(fields): Problems) -> Self {
        fields.into()
    }
}
