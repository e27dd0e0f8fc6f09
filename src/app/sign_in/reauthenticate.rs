//! `/reauthenticate?next=…`: asks for the password again before an action that requires a recent sign-in.

use leptos::html::Input;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::location::Url;

use super::current_user::CurrentUser;
use super::sign_in_prompt::SignInPrompt;
use crate::api::sign_in::reauthenticate::Reauthenticate;
use crate::app::form::clear_password::clear_rejected;
use crate::app::form::form::{Form, current_path};
use crate::app::form::password_field::PasswordField;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::form::submit_button::SubmitButton;
use crate::app::routes::find;
use crate::app::ui::banner::ErrorBanner;
use crate::model::password;
use crate::rest::local_path::local_path;
use crate::text;
use crate::view::{Erase, condition, effect, reactive};

/// The page that opens if the address names none.
const SETTINGS: &str = "/settings";

#[component]
pub fn ReauthenticatePage() -> impl IntoView {
    let user = CurrentUser::expect();
    let is_known = condition(move || user.id().is_some());
    let submission = Submission::<Reauthenticate>::start();
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let next = next.as_deref().and_then(local_path).unwrap_or(SETTINGS).to_owned();
    let target = next.clone();
    effect(move || {
        if submission.has_output() {
            drop(window().location().set_href(&target));
        }
    });
    view! {
        <Title text=text::sign_in::reauthenticate() />
        <main class="page narrow" id="main" tabindex="-1">
            {reactive(move || {
                if is_known.get() {
                    view! { <EnterPassword submission=submission.into() next=next.clone() /> }.erase()
                } else {
                    view! { <SignedOut next=next.clone() /> }.erase()
                }
            })}
        </main>
    }
}

#[component]
fn EnterPassword(submission: AnySubmission, next: String) -> impl IntoView {
    let password: NodeRef<Input> = NodeRef::new();
    clear_rejected(submission, password);
    view! {
        <div class="card">
            <h1>{text::sign_in::reauthenticate()}</h1>
            <p>{text::sign_in::reauthenticate_lead()}</p>
            <ErrorBanner error=Signal::derive(move || submission.error()) />
            <Form submission next>
                <PasswordField rule=password::check_typed autocomplete="current-password" node=password />
                <SubmitButton label=text::sign_in::go_on() busy=text::sign_in::checking() />
            </Form>
            <p class="aside">
                <a href="/forgot-password">{text::sign_in::forgot()}</a>
            </p>
        </div>
    }
}

/// Signing in leads to `next` if it is a page. Only this page can open anything else, such as a download.
#[component]
fn SignedOut(next: String) -> impl IntoView {
    let next = if find(&next).is_some() { next } else { current_path() };
    view! {
        <div class="card">
            <h1>{text::sign_in::reauthenticate()}</h1>
            <SignInPrompt title=text::sign_in::sign_in_first() next=Url::escape(&next) />
        </div>
    }
}
