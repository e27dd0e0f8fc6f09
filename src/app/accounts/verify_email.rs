//! `/verify-email?token=…`: a button, since mail scanners open links.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::resend_form::ResendOutcome;
use crate::api::accounts::reject_account::RejectAccount;
use crate::api::accounts::resend_verification::ResendVerification;
use crate::api::accounts::verify_email::VerifyEmail;
use crate::app::Delivered;
use crate::app::form::field::Field;
use crate::app::form::form::Form;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::state_heading::StateHeading;
use crate::app::view::{Erase, condition, reactive};
use crate::model::email;
use crate::model::error::{ApiError, ErrorCode};

/// Where a plain post returns to, without the token.
const HERE: &str = "/verify-email";

#[component]
pub fn VerifyEmailPage() -> impl IntoView {
    let verify = AnySubmission::from(Submission::<VerifyEmail>::start());
    let reject = AnySubmission::from(Submission::<RejectAccount>::start());
    let query = use_query_map();
    let token = move || query.with(|query| query.get("token")).filter(|token| !token.is_empty());
    let error = Signal::derive(move || verify.error().or_else(|| reject.error()));
    // Only a change of state may take the forms away.
    let verified = condition(move || verify.succeeded());
    let rejected = condition(move || reject.succeeded());
    let useless = condition(move || match error.get() {
        Some(error) => error.code == ErrorCode::InvalidVerificationToken,
        None => token().is_none(),
    });
    view! {
        <Title text="Verify your email"/>
        <main class="page narrow" id="main" tabindex="-1">
            {reactive(move || {
                if verified.get() {
                    view! { <Verified/> }.erase()
                } else if rejected.get() {
                    view! { <Rejected/> }.erase()
                } else if useless.get() {
                    view! { <BrokenLink/> }.erase()
                } else {
                    view! { <Confirm verify reject error token=token().unwrap_or_default()/> }.erase()
                }
            })}
        </main>
    }
}

/// Asks the owner of the address, who is not always the person who created the account.
#[component]
fn Confirm(
    verify: AnySubmission,
    reject: AnySubmission,
    error: Signal<Option<ApiError>>,
    token: String,
) -> impl IntoView {
    let text = match Delivered::unverified() {
        Some(username) => {
            let meaning = " was created with this email address. Once you verify, the person who set its password can \
                           sign in. Go on only if that’s you.";
            ["The account @", &username, meaning].concat()
        }
        None => "One click, and your account is ready.".to_owned(),
    };
    let rejected = token.clone();
    view! {
        <div class="card">
            <Badge symbol=Symbol::Mail/>
            <h1>"Verify your email"</h1>
            <p>{text}</p>
            <ErrorBanner error/>
            <Form submission=verify back=HERE>
                <input type="hidden" name="token" value=token/>
                <SubmitButton label="Verify my email" busy="Verifying…"/>
            </Form>
            <Form submission=reject back=HERE>
                <input type="hidden" name="token" value=rejected/>
                <SubmitButton label="I didn't create this account" busy="Deleting…" class="button wide quiet danger"/>
            </Form>
        </div>
    }
}

#[component]
fn Verified() -> impl IntoView {
    view! {
        <div class="card">
            <Badge symbol=Symbol::Ok/>
            <StateHeading text="Your email is verified"/>
            <p>"Welcome to Kith. You can sign in now."</p>
            <a href="/login" class="button wide">"Sign in"</a>
        </div>
    }
}

#[component]
fn Rejected() -> impl IntoView {
    view! {
        <div class="card">
            <Badge symbol=Symbol::Ok/>
            <StateHeading text="The account is deleted"/>
            <p>"Your email address and its username are free again."</p>
            <a href="/register" class="button wide">"Create account"</a>
        </div>
    }
}

#[component]
fn BrokenLink() -> impl IntoView {
    let resend = Submission::<ResendVerification>::start();
    view! {
        <div class="card">
            <Badge symbol=Symbol::BrokenLink/>
            <StateHeading text="This link doesn’t work any more"/>
            <p>"It has expired, or a newer one was sent. Tell us your address and we’ll send you a new link."</p>
            <ResendOutcome resend/>
            <Form submission=resend back=HERE>
                <Field name="email" label="Email" rule=email::check kind="email" autocomplete="email"/>
                <SubmitButton label="Send a new link" busy="Sending…"/>
            </Form>
        </div>
    }
}
