//! `/login` (USER-FE-002.1, USER-FE-002.2).

use leptos::html::Input;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_query_map};
use server_fn::ServerFn;

use super::current_user::CurrentUser;
use crate::api::accounts::deletion::Restore;
use crate::api::accounts::resend_verification::ResendVerification;
use crate::api::sign_in::login::Login;
use crate::app::accounts::resend_form::{ResendForm, ResendOutcome};
use crate::app::chunks;
use crate::app::form::field::Field;
use crate::app::form::flash;
use crate::app::form::form::Form;
use crate::app::form::password_field::PasswordField;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::banner::{Banner, ErrorBanner, Kind};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::{email, password};
use crate::rest::form::{BACK_FIELD, NEXT_FIELD};
use crate::rest::local_path::local_path;
use crate::text;
use crate::view::{Erase, effect, reactive, spawn};

#[component]
pub fn LoginPage() -> impl IntoView {
    let login = Submission::<Login>::start();
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let returns = next.is_some();
    let next = next.as_deref().and_then(local_path).unwrap_or("/timeline").to_owned();
    let resend = Submission::<ResendVerification>::start();
    let email = RwSignal::new(login.value("email").unwrap_or_default());
    // The banner about an unverified address names the submitted address, even if the field has changed since.
    let attempted = RwSignal::new(email.get_untracked());
    let password: NodeRef<Input> = NodeRef::new();
    let user = CurrentUser::expect();
    let (navigate, target) = (use_navigate(), next.clone());
    effect(move || {
        if login.has_output() {
            let (navigate, next) = (navigate.clone(), target.clone());
            spawn(async move {
                if !returns && chunks::fetch_signed_in().await.is_some() && user.load().await {
                    navigate(&next, Default::default());
                } else {
                    // The server renders the page: it may have what was typed there before the session ended. Or the
                    // chunk or the profile failed to load.
                    drop(window().location().set_href(&next));
                }
            });
        }
        // USER-FE-002.2-S1
        else if login.error().is_some() {
            attempted.set(email.get_untracked());
            if let Some(input) = password.get_untracked() {
                input.set_value("");
                drop(input.focus());
            }
        }
    });
    // Fetches the code of the next page while the password is checked, unless the browser loads that page whole: leaving
    // this one would interrupt it.
    effect(move || {
        if login.pending() && !returns {
            spawn(async {
                chunks::fetch_signed_in().await;
            });
        }
    });
    let is_unverified = |error: ApiError| error.code == ErrorCode::EmailNotVerified;
    let unverified = move || login.error().is_some_and(is_unverified) && !resend.succeeded();
    let pending_deletion = move || login.error().filter(|error| error.code == ErrorCode::AccountPendingDeletion);
    let restore_error = flash::take::<Restore>().and_then(|flash| flash.error);
    let other_error = Signal::derive(move || {
        login
            .error()
            .or_else(|| restore_error.clone())
            .filter(|error| !matches!(error.code, ErrorCode::EmailNotVerified | ErrorCode::AccountPendingDeletion))
    });
    let restored = next.clone();
    view! {
        <Title text=text::sign_in::sign_in() />
        <main class="page narrow" id="main" tabindex="-1">
            <div class="card">
                <h1>{text::sign_in::welcome()}</h1>
                <ErrorBanner error=other_error />
                <ResendOutcome resend />
                {reactive(move || unverified().then(|| view! { <NotVerified email=attempted.get() resend /> }.erase()))}
                {reactive(move || {
                    let next = restored.clone();
                    pending_deletion().map(|error| view! { <PendingDeletion error next /> }.erase())
                })}
                <Form submission=login next>
                    <Field
                        name="email"
                        label=text::form::email()
                        rule=email::check_typed
                        kind="email"
                        autocomplete="username"
                        value=email
                    />
                    <PasswordField rule=password::check_typed autocomplete="current-password" node=password />
                    <SubmitButton label=text::sign_in::sign_in() busy=text::sign_in::signing_in() />
                </Form>
                <p class="aside">
                    <a href="/forgot-password">{text::sign_in::forgot()}</a>
                </p>
                <p class="aside">
                    <a href="/sign-in-link">{text::sign_in::email_me()}</a>
                </p>
                <p class="aside">{text::sign_in::is_new()}<a href="/register">{text::sign_in::to_register()}</a></p>
            </div>
        </main>
    }
}

#[component]
fn NotVerified(email: String, resend: Submission<ResendVerification>) -> impl IntoView {
    view! {
        <Banner kind=Kind::Info text=text::sign_in::not_verified()>
            <p>{text::sign_in::open_link()}<strong>{email.clone()}</strong>{text::sign_in::open_link_end()}</p>
            <ResendForm resend email />
        </Banner>
    }
}

/// Offers to keep the account. A plain form, also after hydration: the server has the token in the page session.
#[component]
fn PendingDeletion(error: ApiError, next: String) -> impl IntoView {
    view! {
        <Banner kind=Kind::Info text=error.message.into_owned()>
            <form method="post" action=Restore::PATH>
                <input type="hidden" name=BACK_FIELD value="/login" />
                <input type="hidden" name=NEXT_FIELD value=next />
                <input type="hidden" name="restore_token" value="" />
                <button class="button">{text::sign_in::keep_account()}</button>
            </form>
        </Banner>
    }
}
