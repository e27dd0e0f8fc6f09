//! `/verify-email?token=…`: verifies with a button, since mail scanners open links.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::resend_form::ResendOutcome;
use crate::api::accounts::reject_account::RejectAccount;
use crate::api::accounts::resend_verification::ResendVerification;
use crate::api::accounts::verify_email::VerifyEmail;
use crate::app::form::field::Field;
use crate::app::form::form::Form;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::form::submit_button::SubmitButton;
use crate::app::page_context::PageContextStore;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::state_heading::StateHeading;
use crate::model::email;
use crate::model::error::{ApiError, ErrorCode};
use crate::text;
use crate::view::{Erase, condition, reactive};

/// The page that form posts return to, without the token.
const BACK: &str = "/verify-email";

#[component]
pub fn VerifyEmailPage() -> impl IntoView {
    let verify = AnySubmission::from(Submission::<VerifyEmail>::start());
    let reject = AnySubmission::from(Submission::<RejectAccount>::start());
    let query = use_query_map();
    let token = move || query.with(|query| query.get("token")).filter(|token| !token.is_empty());
    let error = Signal::derive(move || verify.error().or_else(|| reject.error()));
    // The forms are replaced only when one of these changes.
    let verified = condition(move || verify.succeeded());
    let rejected = condition(move || reject.succeeded());
    let is_broken = condition(move || match error.get() {
        Some(error) => error.code == ErrorCode::InvalidVerificationToken,
        None => token().is_none(),
    });
    view! {
        <Title text=text::accounts::verify() />
        <main class="page narrow" id="main" tabindex="-1">
            {reactive(move || {
                if verified.get() {
                    view! { <Verified /> }.erase()
                } else if rejected.get() {
                    view! { <Rejected /> }.erase()
                } else if is_broken.get() {
                    view! { <BrokenLink /> }.erase()
                } else {
                    view! { <Confirm verify reject error token=token().unwrap_or_default() /> }.erase()
                }
            })}
        </main>
    }
}

/// Asks the owner of the address, who did not necessarily create the account.
#[component]
fn Confirm(
    verify: AnySubmission,
    reject: AnySubmission,
    error: Signal<Option<ApiError>>,
    token: String,
) -> impl IntoView {
    let text = match PageContextStore::unverified() {
        Some(username) => text::accounts::waiting_account(&username),
        None => text::accounts::verify_lead().to_owned(),
    };
    let reject_token = token.clone();
    view! {
        <div class="card">
            <Badge symbol=Symbol::Mail />
            <h1>{text::accounts::verify()}</h1>
            <p>{text}</p>
            <ErrorBanner error />
            <Form submission=verify back=BACK>
                <input type="hidden" name="token" value=token />
                <SubmitButton label=text::accounts::verify_button() busy=text::accounts::verifying() />
            </Form>
            <Form submission=reject back=BACK>
                <input type="hidden" name="token" value=reject_token />
                <SubmitButton
                    label=text::accounts::reject()
                    busy=text::accounts::deleting()
                    class="button wide quiet danger"
                />
            </Form>
        </div>
    }
}

#[component]
fn Verified() -> impl IntoView {
    view! {
        <div class="card">
            <Badge symbol=Symbol::Ok />
            <StateHeading text=text::accounts::verified() />
            <p>{text::accounts::verified_next()}</p>
            <a href="/login" class="button wide">
                {text::sign_in::sign_in()}
            </a>
        </div>
    }
}

#[component]
fn Rejected() -> impl IntoView {
    view! {
        <div class="card">
            <Badge symbol=Symbol::Ok />
            <StateHeading text=text::accounts::rejected() />
            <p>{text::accounts::rejected_next()}</p>
            <a href="/register" class="button wide">
                {text::accounts::create()}
            </a>
        </div>
    }
}

#[component]
fn BrokenLink() -> impl IntoView {
    let resend = Submission::<ResendVerification>::start();
    view! {
        <div class="card">
            <Badge symbol=Symbol::BrokenLink />
            <StateHeading text=text::accounts::link_broken() />
            <p>{text::accounts::link_broken_why()}</p>
            <ResendOutcome resend />
            <Form submission=resend back=BACK>
                <Field name="email" label=text::form::email() rule=email::check kind="email" autocomplete="email" />
                <SubmitButton label=text::accounts::new_link() busy=text::form::sending() />
            </Form>
        </div>
    }
}
