//! A form that is a plain `<form>` until the page is hydrated. After that, the application calls its operation.

use http::Method;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlFormElement, SubmitEvent};
use leptos_router::hooks::use_location;
use leptos_router::location::Location;

use super::error_summary::ErrorSummary;
use super::failure::Failure;
use super::form_state::FormState;
use super::submission::AnySubmission;
use crate::rest::form::{BACK_FIELD, Fields, METHOD_FIELD, NEXT_FIELD};
use crate::rest::send;
use crate::view::{Slot, effect, handler, reactive};

/// Sends the operation of `submission` with the fields inside. Without JavaScript, success redirects to `next`, and an
/// error to `back`. `back` is by default this page, and `next` is `back`.
#[component]
pub fn Form(
    #[prop(into)] submission: AnySubmission,
    /// The operation's route, if it has parameters to fill in.
    #[prop(optional, into)]
    action: Option<String>,
    #[prop(optional, into)] back: Option<String>,
    #[prop(optional, into)] next: Option<String>,
    /// The initial values of the fields.
    #[prop(optional)]
    initial: Fields,
    /// Called with the fields instead of sending them.
    #[prop(optional)]
    on_submit: Option<Callback<Fields>>,
    children: Slot,
) -> impl IntoView {
    let values = initial.into_iter().chain(submission.values()).collect();
    let state = FormState::new(values, submission.pending);
    provide_context(state);
    let show_errors = move || {
        if let Some(error) = submission.error() {
            state.show(&error.fields);
        }
    };
    untrack(show_errors);
    let failure = Failure::expect();
    if untrack(|| submission.error().is_some()) {
        failure.set(true);
        state.summarize();
    }
    let outcome = failure.clone();
    effect(move || {
        show_errors();
        // The first time, it is the outcome that came with the page.
        if state.hydrated.get_untracked() && submission.has_outcome() {
            outcome.set(submission.error().is_some());
            state.lead_to_errors();
        }
        state.hydrated.set(true);
    });
    let left = failure.clone();
    on_cleanup(move || left.set(false));

    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        let Ok(data) = FormData::new_with_form(&form) else { return };
        state.check_all(|name| data.get(name).as_string().unwrap_or_default());
        let is_invalid = state.lead_to_errors();
        failure.set(is_invalid);
        if is_invalid {
            // One message at a time.
            submission.forget();
            return;
        }
        let fields = send::fields(&data);
        match on_submit {
            Some(on_submit) => on_submit.run(fields),
            None => submission.send(&fields),
        }
    };

    let method = submission.method();
    let back = back.unwrap_or_else(current_path);
    view! {
        <form
            method="post"
            action=action.unwrap_or_else(|| submission.path().to_owned())
            novalidate=reactive(move || state.hydrated.get())
            aria-busy=reactive(move || submission.pending.get().then_some("true"))
            on:submit=handler(send)
        >
            {(method != Method::POST)
                .then(|| view! { <input type="hidden" name=METHOD_FIELD value=method.to_string() /> })}
            <input type="hidden" name=BACK_FIELD value=back />
            {next.map(|next| view! { <input type="hidden" name=NEXT_FIELD value=next /> })}
            <ErrorSummary />
            {children.show()}
        </form>
    }
}

/// Returns the path and query of this page.
pub fn current_path() -> String {
    let Location { pathname, search, .. } = use_location();
    match search.get_untracked().as_str() {
        "" => pathname.get_untracked(),
        search => format!("{}?{search}", pathname.get_untracked()),
    }
}
