//! The outcome of a plain form post, for the form that was posted.

use http::Method;
use leptos::prelude::*;
use server_fn::{Protocol, ServerFn};

use crate::rest::form::Flash;

#[derive(Clone, Copy)]
struct Waiting(StoredValue<Option<Flash>>);

/// Keeps the flash that came with the page.
pub fn provide(flash: Option<Flash>) {
    provide_context(Waiting(StoredValue::new(flash)));
}

/// The outcome of the operation `Op`. Once: a form that is shown again later starts afresh.
#[must_use]
pub fn take<Op: ServerFn>() -> Option<Flash> {
    take_of(&<Op::Protocol as Protocol<_, _, _, _, _, _, _>>::METHOD, Op::PATH)
}

fn take_of(method: &Method, path: &str) -> Option<Flash> {
    let Waiting(waiting) = use_context()?;
    let operation = format!("{method} {path}");
    let matches = waiting.with_value(|flash| flash.as_ref().is_some_and(|flash| flash.operation == operation));
    if matches { waiting.try_update_value(Option::take).flatten() } else { None }
}
