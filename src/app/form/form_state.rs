//! The state of a form while it is filled in: the rules and errors of its fields.

use leptos::prelude::*;

use crate::app::ui::focus::focus;
use crate::model::validation::{FieldErrors, Rule};
use crate::rest::form::Fields;

/// Provided by a form to the fields inside it.
#[derive(Clone, Copy)]
pub struct FormState {
    inputs: StoredValue<Vec<FormInput>>,
    errors: RwSignal<Fields>,
    initial: StoredValue<Fields>,
    /// Whether a response is pending.
    pub pending: RwSignal<bool>,
    /// Whether the application handles the form instead of the browser.
    pub hydrated: RwSignal<bool>,
    /// The errors in the summary: those that were there when the form failed.
    failed: RwSignal<Fields>,
    /// The messages of [`Self::reject`], by field and value.
    rejected: RwSignal<Fields>,
}

/// A field of a form.
#[derive(Clone, Copy)]
pub struct FormInput {
    pub name: &'static str,
    /// The id of the element. That of its error ends in `-error`.
    pub id: &'static str,
    pub label: &'static str,
    pub rule: Rule,
}

impl FormState {
    /// `initial` holds the initial values of the fields.
    #[must_use]
    pub fn new(initial: Fields, pending: RwSignal<bool>) -> Self {
        Self {
            inputs: StoredValue::default(),
            errors: RwSignal::default(),
            initial: StoredValue::new(initial),
            pending,
            hydrated: RwSignal::new(false),
            failed: RwSignal::default(),
            rejected: RwSignal::default(),
        }
    }

    /// Returns the state of the form around the calling component.
    #[must_use]
    pub fn expect() -> Self {
        expect_context()
    }

    /// Adds a field.
    pub fn register(self, input: FormInput) {
        self.inputs.update_value(|inputs| inputs.push(input));
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

    /// Shows an error of a value that the rule of the field permits, whenever the field has this value.
    pub fn reject(self, name: &str, value: &str, error: &str) {
        self.rejected.update(|rejected| drop(rejected.insert(format!("{name}={value}"), error.to_owned())));
        self.check(name, value);
    }

    /// Returns whether the form has been removed. A field that is removed while it has the focus still fires `blur`.
    #[must_use]
    pub fn is_disposed(self) -> bool {
        self.errors.is_disposed()
    }

    /// Checks one field.
    pub fn check(self, name: &str, value: &str) {
        let rule = |inputs: &Vec<FormInput>| inputs.iter().find(|input| input.name == name).map(|input| input.rule);
        let error = self.inputs.with_value(rule).and_then(|rule| rule(value).err()).map(ToOwned::to_owned);
        let rejected = || self.rejected.with_untracked(|rejected| rejected.get(&format!("{name}={value}")).cloned());
        let error = error.or_else(rejected);
        self.errors.update(|errors| match error {
            Some(error) => drop(errors.insert(name.to_owned(), error)),
            None => drop(errors.remove(name)),
        });
    }

    /// Checks the current `value` of each field.
    pub fn check_all(self, value: impl Fn(&str) -> String) {
        for input in self.inputs.get_value() {
            self.check(input.name, &value(input.name));
        }
    }

    /// Returns the fields in the summary of errors, which stay there until the form is sent again.
    #[must_use]
    pub fn summary(self) -> Vec<FormInput> {
        self.failed.with(|failed| self.with_error(failed))
    }

    /// Returns whether this is the only field with an error.
    #[must_use]
    pub fn is_only_error(self, name: &str) -> bool {
        self.errors.with(|errors| errors.len() == 1 && errors.contains_key(name))
    }

    /// Summarizes the errors of a form that failed.
    pub fn summarize(self) {
        self.failed.set(self.errors.get_untracked());
    }

    /// Summarizes the errors of a form that could not be sent or was refused, and moves the focus there, or to the only
    /// invalid field. Returns whether there are any.
    pub fn lead_to_errors(self) -> bool {
        self.summarize();
        let inputs = self.with_error(&self.errors.get_untracked());
        if let Some(FormInput { id, .. }) = inputs.first() {
            focus(if inputs.len() > 1 { format!("#{id}-summary") } else { format!("#{id}") });
        }
        !inputs.is_empty()
    }

    /// The fields that have one of these errors, in their order.
    fn with_error(self, errors: &Fields) -> Vec<FormInput> {
        let mut inputs = self.inputs.get_value();
        inputs.retain(|input| errors.contains_key(input.name));
        inputs
    }
}
