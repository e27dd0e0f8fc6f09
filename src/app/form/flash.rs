//! The outcome of a plain HTML form post, for the form that was posted.

use http::Method;
use server_fn::{Protocol, ServerFn};

use crate::app::page_context::PageContextStore;
use crate::rest::form::Flash;

/// Takes the outcome of the operation `Op`, so that a form that is shown again later starts without it.
#[must_use]
pub fn take<Op: ServerFn>() -> Option<Flash> {
    take_of(&<Op::Protocol as Protocol<_, _, _, _, _, _, _>>::METHOD, Op::PATH)
}

fn take_of(method: &Method, path: &str) -> Option<Flash> {
    PageContextStore::take_flash(&format!("{method} {path}"))
}
