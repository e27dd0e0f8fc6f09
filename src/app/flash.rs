//! The outcome of a plain form post, for the form or page that it belongs to.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::rest::form::Flash;

#[derive(Clone, Copy)]
struct Waiting(StoredValue<Option<Flash>>);

/// Keeps the flash that came with the page.
pub fn provide(flash: Option<Flash>) {
    provide_context(Waiting(StoredValue::new(flash)));
}

/// The error that `operation` (such as `POST /auth/login`) ended with, and what was typed. Once: a
/// form that is shown again later starts afresh.
#[must_use]
pub fn take_failure(operation: &str) -> Option<Flash> {
    take(|flash| flash.operation == operation && flash.error.is_some())
}

/// What was typed, if `operation` went well. Once.
#[must_use]
pub fn take_success(operation: &str) -> Option<BTreeMap<String, String>> {
    take(|flash| flash.operation == operation && flash.error.is_none()).map(|flash| flash.values)
}

/// What was typed into a field of `operation`, whose outcome stays for its form.
#[must_use]
pub fn typed(operation: &str, field: &str) -> Option<String> {
    let Waiting(waiting) = use_context()?;
    let typed = |flash: &Flash| (flash.operation == operation).then(|| flash.values.get(field).cloned()).flatten();
    waiting.with_value(|flash| flash.as_ref().and_then(typed))
}

fn take(wanted: impl Fn(&Flash) -> bool) -> Option<Flash> {
    let Waiting(waiting) = use_context()?;
    let matches = waiting.with_value(|flash| flash.as_ref().is_some_and(&wanted));
    if matches { waiting.try_update_value(Option::take).flatten() } else { None }
}
