//! What a form knows while it is filled in: the rules of its fields and what is wrong with them.

use leptos::prelude::*;

use crate::model::validation::{FieldErrors, Rule};
use crate::rest::form::Fields;

/// Provided by a form to the fields inside it.
#[derive(Clone, Copy)]
pub struct FormState {
    rules: StoredValue<Vec<(&'static str, Rule)>>,
    errors: RwSignal<Fields>,
    typed: StoredValue<Fields>,
    /// The answer is awaited.
    pub pending: RwSignal<bool>,
    /// The application has taken the form over from the browser.
    pub hydrated: RwSignal<bool>,
}

impl FormState {
    /// `typed` is what the fields start with.
    #[must_use]
    pub fn new(typed: Fields, pending: RwSignal<bool>) -> Self {
        Self {
            rules: StoredValue::default(),
            errors: RwSignal::default(),
            typed: StoredValue::new(typed),
            pending,
            hydrated: RwSignal::new(false),
        }
    }

    /// From the form around the calling component.
    #[must_use]
    pub fn expect() -> Self {
        expect_context()
    }

    /// Adds a field and its rule.
    pub fn register(self, name: &'static str, rule: Rule) {
        self.rules.update_value(|rules| rules.push((name, rule)));
    }

    /// What was typed into the field before the page was rendered.
    #[must_use]
    pub fn typed(self, name: &str) -> Option<String> {
        self.typed.with_value(|typed| typed.get(name).cloned())
    }

    /// What is wrong with the field, if anything.
    #[must_use]
    pub fn error(self, name: &str) -> Option<String> {
        self.errors.with(|errors| errors.get(name).cloned())
    }

    /// Whether a message is shown, so that sending would be in vain.
    #[must_use]
    pub fn has_errors(self) -> bool {
        self.errors.with(|errors| !errors.is_empty())
    }

    /// Shows what the server found.
    pub fn show(self, errors: &FieldErrors) {
        let first = |messages: &Vec<String>| messages.first().cloned().unwrap_or_default();
        self.errors.set(errors.iter().map(|(name, messages)| (name.clone(), first(messages))).collect());
    }

    /// Whether the form is gone: an element that is removed while it has the focus still loses it.
    #[must_use]
    pub fn is_disposed(self) -> bool {
        self.errors.is_disposed()
    }

    /// Checks one field.
    pub fn check(self, name: &str, value: &str) {
        let error = self
            .rules
            .with_value(|rules| rules.iter().find(|(field, _)| *field == name).and_then(|(_, rule)| rule(value).err()));
        self.errors.update(|errors| match error {
            Some(error) => drop(errors.insert(name.to_owned(), error.to_owned())),
            None => drop(errors.remove(name)),
        });
    }

    /// Checks all fields, of which `value` gives what is typed; the first that is wrong.
    pub fn check_all(self, value: impl Fn(&str) -> String) -> Option<&'static str> {
        let names: Vec<_> = self.rules.with_value(|rules| rules.iter().map(|(name, _)| *name).collect());
        for name in &names {
            self.check(name, &value(name));
        }
        self.errors.with_untracked(|errors| names.into_iter().find(|name| errors.contains_key(*name)))
    }
}
