//! The state of a form while it is filled in: the rules and errors of its fields.

use leptos::prelude::*;

use crate::model::validation::{FieldErrors, Rule};
use crate::rest::form::Fields;

/// Provided by a form to the fields inside it.
#[derive(Clone, Copy)]
pub struct FormState {
    rules: StoredValue<Vec<(&'static str, Rule)>>,
    errors: RwSignal<Fields>,
    initial: StoredValue<Fields>,
    /// Whether a response is pending.
    pub pending: RwSignal<bool>,
    /// Whether the application handles the form instead of the browser.
    pub hydrated: RwSignal<bool>,
}

impl FormState {
    /// `initial` holds the initial values of the fields.
    #[must_use]
    pub fn new(initial: Fields, pending: RwSignal<bool>) -> Self {
        Self {
            rules: StoredValue::default(),
            errors: RwSignal::default(),
            initial: StoredValue::new(initial),
            pending,
            hydrated: RwSignal::new(false),
        }
    }

    /// Returns the state of the form around the calling component.
    #[must_use]
    pub fn expect() -> Self {
        expect_context()
    }

    /// Adds a field with its rule.
    pub fn register(self, name: &'static str, rule: Rule) {
        self.rules.update_value(|rules| rules.push((name, rule)));
    }

    /// Returns the initial value of the field.
    #[must_use]
    pub fn initial(self, name: &str) -> Option<String> {
        self.initial.with_value(|initial| initial.get(name).cloned())
    }

    /// Returns the error of the field, if any.
    #[must_use]
    pub fn error(self, name: &str) -> Option<String> {
        self.errors.with(|errors| errors.get(name).cloned())
    }

    /// Returns whether an error is shown, so that the form cannot be sent.
    #[must_use]
    pub fn has_errors(self) -> bool {
        self.errors.with(|errors| !errors.is_empty())
    }

    /// Shows the errors that the server returned.
    pub fn show(self, errors: &FieldErrors) {
        let first = |messages: &Vec<String>| messages.first().cloned().unwrap_or_default();
        self.errors.set(errors.iter().map(|(name, messages)| (name.clone(), first(messages))).collect());
    }

    /// Returns whether the form has been removed. A field that is removed while it has the focus still fires `blur`.
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

    /// Checks the current `value` of each field. Returns the first invalid field.
    pub fn check_all(self, value: impl Fn(&str) -> String) -> Option<&'static str> {
        let names: Vec<_> = self.rules.with_value(|rules| rules.iter().map(|(name, _)| *name).collect());
        for name in &names {
            self.check(name, &value(name));
        }
        self.errors.with_untracked(|errors| names.into_iter().find(|name| errors.contains_key(*name)))
    }
}
