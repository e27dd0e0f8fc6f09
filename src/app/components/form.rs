//! A form that is a plain `<form>` until the application has loaded, and calls its operation then.

use std::collections::BTreeMap;

use http::Method;
use leptos::form::FromFormData;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlElement, HtmlFormElement, SubmitEvent};
use leptos_router::hooks::use_location;
use leptos_router::location::Location;
use serde::de::DeserializeOwned;
use server_fn::ServerFn;

use super::form_state::FormState;
use super::submission::Submission;
use crate::rest::error::ApiError;
use crate::rest::form::{BACK_FIELD, METHOD_FIELD, NEXT_FIELD};

/// Sends the operation of `submission` with the fields inside. `next` is where success leads a plain
/// post; errors come back to this page, or to `back`.
#[component]
pub fn Form<Op>(
    submission: Submission<Op>,
    /// The operation's route, where it has placeholders to be filled.
    #[prop(optional, into)]
    action: Option<String>,
    #[prop(optional, into)] back: Option<String>,
    #[prop(optional, into)] next: MaybeProp<String>,
    /// What the fields start with.
    #[prop(optional)]
    initial: BTreeMap<String, String>,
    /// Takes the place of sending at once.
    #[prop(optional)]
    instead: Option<Callback<Op>>,
    children: Children,
) -> impl IntoView
where
    Op: ServerFn<Error = ApiError> + DeserializeOwned + Clone + Send + Sync + 'static,
    Op::Output: Clone + Send + Sync + 'static,
{
    let typed = initial.into_iter().chain(submission.typed()).collect();
    let state = FormState::new(typed, Signal::derive(move || submission.pending()));
    provide_context(state);
    let show_errors = move || {
        if let Some(error) = submission.error() {
            state.show(&error.fields);
        }
    };
    untrack(show_errors);
    Effect::new(move || {
        state.hydrated.set(true);
        show_errors();
    });

    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        let Ok(data) = FormData::new_with_form(&form) else { return };
        if let Some(wrong) = state.check_all(|name| data.get(name).as_string().unwrap_or_default()) {
            focus(&form, wrong);
        } else if let Ok(input) = Op::from_form_data(&data) {
            match instead {
                Some(instead) => instead.run(input),
                None => submission.send(input),
            }
        }
    };

    let method = Submission::<Op>::method();
    let back = back.unwrap_or_else(here);
    view! {
        <form
            method="post"
            action=action.unwrap_or_else(|| Op::PATH.to_owned())
            novalidate=move || state.hydrated.get()
            aria-busy=move || submission.pending().then_some("true")
            on:submit=send
        >
            {(method != Method::POST).then(|| view! { <input type="hidden" name=METHOD_FIELD value=method.to_string()/> })}
            <input type="hidden" name=BACK_FIELD value=back/>
            {move || next.get().map(|next| view! { <input type="hidden" name=NEXT_FIELD value=next/> })}
            {children()}
        </form>
    }
}

/// The address of this page, to come back to.
pub fn here() -> String {
    let Location { pathname, search, .. } = use_location();
    match search.get_untracked().as_str() {
        "" => pathname.get_untracked(),
        search => format!("{}?{search}", pathname.get_untracked()),
    }
}

/// Puts the cursor into the named field.
fn focus(form: &HtmlFormElement, name: &str) {
    let field = form.query_selector(&format!("[name='{name}']")).ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        drop(field.focus());
    }
}
