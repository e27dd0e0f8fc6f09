//! A form that is a plain `<form>` until the application has loaded, and calls its operation then.

use http::Method;
use leptos::form::FromFormData;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlElement, HtmlFormElement, SubmitEvent};
use leptos_router::hooks::use_location;
use serde::de::DeserializeOwned;
use server_fn::{Protocol, ServerFn};

use super::form_state::FormState;
use crate::app::flash;
use crate::rest::error::ApiError;
use crate::rest::form::{BACK_FIELD, METHOD_FIELD, NEXT_FIELD};

/// Sends the operation `Op` with the fields inside. Outcomes arrive in `action`, those of a plain
/// post too. `next` is where success leads a plain post; errors come back to this page, or to `back`.
#[component]
pub fn Form<Op>(
    action: ServerAction<Op>,
    /// Fills the operation's route template, where it has placeholders.
    #[prop(optional, into)]
    path: Option<String>,
    #[prop(optional, into)] back: Option<String>,
    #[prop(optional, into)] next: MaybeProp<String>,
    children: Children,
) -> impl IntoView
where
    Op: ServerFn<Error = ApiError> + DeserializeOwned + Clone + Send + Sync + 'static,
    Op::Output: Clone + Send + Sync + 'static,
{
    let method = <Op::Protocol as Protocol<_, _, _, _, _, _, _>>::METHOD;
    let flash = flash::take_failure(&format!("{method} {}", Op::PATH));
    if let Some(error) = flash.as_ref().and_then(|flash| flash.error.clone()) {
        action.value().set(Some(Err(error)));
    }
    let typed = flash.map(|flash| flash.values).unwrap_or_default();
    let state = FormState::new(typed, &Default::default());
    provide_context(state);
    let show = move || {
        if let Some(Err(error)) = action.value().get() {
            state.show(&error.fields);
        }
    };
    untrack(show);
    Effect::new(move || {
        state.hydrated.set(true);
        show();
    });

    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        let Ok(data) = FormData::new_with_form(&form) else { return };
        if action.pending().get_untracked() {
            return;
        }
        if let Some(wrong) = state.check_all(|name| data.get(name).as_string().unwrap_or_default()) {
            focus(&form, wrong);
        } else if let Ok(input) = Op::from_form_data(&data) {
            action.dispatch(input);
        }
    };

    let location = use_location();
    let back = back.unwrap_or_else(|| {
        location.pathname.get_untracked()
            + &location.search.with_untracked(|search| match search.as_str() {
                "" => String::new(),
                search => format!("?{search}"),
            })
    });
    view! {
        <form
            method="post"
            action=path.unwrap_or_else(|| Op::PATH.to_owned())
            novalidate=move || state.hydrated.get()
            aria-busy=move || action.pending().get().then_some("true")
            on:submit=send
        >
            {(method != Method::POST).then(|| view! { <input type="hidden" name=METHOD_FIELD value=method.to_string()/> })}
            <input type="hidden" name=BACK_FIELD value=back/>
            {move || next.get().map(|next| view! { <input type="hidden" name=NEXT_FIELD value=next/> })}
            {children()}
        </form>
    }
}

/// Puts the cursor into the named field.
fn focus(form: &HtmlFormElement, name: &str) {
    let field = form.query_selector(&format!("[name='{name}']")).ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        drop(field.focus());
    }
}
