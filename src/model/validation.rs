//! Field errors: which field, and what a person can do about it.

use vecmap::VecMap;

/// Messages by field name.
pub type FieldErrors = VecMap<String, Vec<String>>;

/// A rule for one field: the message to show when the value breaks it. Messages are fixed texts,
/// so none can repeat what was typed.
pub type Rule = fn(&str) -> Result<(), &'static str>;

/// Checks every field and collects all that is wrong, so that a form shows it in one go.
///
/// # Errors
/// The messages of every field that breaks its rule.
pub fn check(fields: &[(&str, Rule, &str)]) -> Result<(), FieldErrors> {
    let errors: FieldErrors = fields
        .iter()
        .filter_map(|(name, rule, value)| {
            rule(value).err().map(|message| ((*name).to_owned(), vec![message.to_owned()]))
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
