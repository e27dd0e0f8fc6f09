//! The outcome of a plain form post, for the form that was posted.

use leptos::prelude::*;

use crate::rest::form::Flash;

#[derive(Clone, Copy)]
struct Waiting(StoredValue<Option<Flash>>);

/// Keeps the flash that came with the page.
pub fn provide(flash: Option<Flash>) {
    provide_context(Waiting(StoredValue::new(flash)));
}

/// The outcome of `operation` (such as `POST /auth/login`). Once: a form that is shown again later
/// starts afresh.
#[must_use]
pub fn take(operation: &str) -> Option<Flash> {
    let Waiting(waiting) = use_context()?;
    let matches = waiting.with_value(|flash| flash.as_ref().is_some_and(|flash| flash.operation == operation));
    if matches { waiting.try_update_value(Option::take).flatten() } else { None }
}
