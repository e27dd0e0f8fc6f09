//! A form that is sent after the session has ended, in another tab or on another device.

use http::Method;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlFormElement;

use super::submission::AnySubmission;
use crate::model::error::ErrorCode;
use crate::rest::form::METHOD_FIELD;
use crate::view::effect;

/// Sends the form of `submission` as a plain HTML form if the session has ended. The server then leads to signing in and
/// back to this page, with what was typed.
pub fn sign_in_again(submission: impl Into<AnySubmission>) {
    let submission = submission.into();
    let mut came_with_page = true;
    effect(move || {
        if is_signed_out(submission)
            && !came_with_page
            && let Some(form) = form_of(submission)
        {
            drop(form.submit());
        }
        came_with_page = false;
    });
}

fn form_of(submission: AnySubmission) -> Option<HtmlFormElement> {
    let path = submission.path();
    let method = match submission.method() {
        Method::POST => format!(":not(:has([name={METHOD_FIELD}]))"),
        method => format!(":has([name={METHOD_FIELD}][value={method}])"),
    };
    document().query_selector(&format!("form[action='{path}']{method}")).ok()??.dyn_into().ok()
}

/// Returns whether the submission failed because the session has ended.
#[must_use]
pub fn is_signed_out(submission: impl Into<AnySubmission>) -> bool {
    submission.into().error().is_some_and(|error| error.code == ErrorCode::Unauthenticated)
}
