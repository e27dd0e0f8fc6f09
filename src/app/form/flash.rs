//! The outcome of a plain form post, for the form that was posted.

use http::Method;
use leptos::prelude::*;
use server_fn::{Protocol, ServerFn};

use crate::app::Delivered;
use crate::rest::form::Flash;

/// The outcome of the operation `Op`. Once: a form that is shown again later starts afresh.
#[must_use]
pub fn take<Op: ServerFn>() -> Option<Flash> {
    take_of(&<Op::Protocol as Protocol<_, _, _, _, _, _, _>>::METHOD, Op::PATH)
}

fn take_of(method: &Method, path: &str) -> Option<Flash> {
    let Delivered(context) = use_context()?;
    let operation = format!("{method} {path}");
    let matches =
        context.with_value(|context| context.flash.as_ref().is_some_and(|flash| flash.operation == operation));
    if matches { context.try_update_value(|context| context.flash.take()).flatten() } else { None }
}
