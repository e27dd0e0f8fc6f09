//! `/verify-email?token=…`: a button, since mail scanners open links.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::resend_verification::ResendVerification;
use crate::api::verify_email::VerifyEmail;
use crate::app::components::badge::{Badge, Symbol};
use crate::app::components::banner::ErrorBanner;
use crate::app::components::field::Field;
use crate::app::components::form::Form;
use crate::app::components::resend_form::ResendOutcome;
use crate::app::components::state_heading::StateHeading;
use crate::app::components::submission::Submission;
use crate::app::components::submit_button::SubmitButton;
use crate::app::view::{Erase, reactive};
use crate::model::credentials;
use crate::rest::error::ErrorCode;

/// Where a plain post returns to, without the token.
const HERE: &str = "/verify-email";

#[component]
pub fn VerifyEmailPage() -> impl IntoView {
    let verify = Submission::<VerifyEmail>::start();
    let query = use_query_map();
    let token = move || query.with(|query| query.get("token")).filter(|token| !token.is_empty());
    // Only a change of state may take the form away.
    let done = Memo::new(move |_| verify.succeeded());
    let useless = Memo::new(move |_| match verify.error() {
        Some(error) => error.code == ErrorCode::InvalidVerificationToken,
        None => token().is_none(),
    });
    view! {
        <Title text="Verify your email"/>
        <main class="page narrow" id="main" tabindex="-1">
            {reactive(move || {
                if done.get() {
                    view! { <Verified/> }.erase()
                } else if useless.get() {
                    view! { <BrokenLink/> }.erase()
                } else {
                    view! { <Confirm verify token=token().unwrap_or_default()/> }.erase()
                }
            })}
        </main>
    }
}

#[component]
fn Confirm(verify: Submission<VerifyEmail>, token: String) -> impl IntoView {
    view! {
        <div class="card">
            <Badge symbol=Symbol::Mail/>
            <h1>"Verify your email"</h1>
            <p>"One click, and your account is ready."</p>
            <ErrorBanner error=Signal::derive(move || verify.error())/>
            <Form submission=verify back=HERE>
                <input type="hidden" name="token" value=token/>
                <SubmitButton label="Verify my email" busy="Verifying…"/>
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
fn BrokenLink() -> impl IntoView {
    let resend = Submission::<ResendVerification>::start();
    view! {
        <div class="card">
            <Badge symbol=Symbol::BrokenLink/>
            <StateHeading text="This link doesn’t work any more"/>
            <p>"It has expired, or a newer one was sent. Tell us your address and we’ll send you a new link."</p>
            <ResendOutcome resend/>
            <Form submission=resend back=HERE>
                <Field name="email" label="Email" rule=credentials::email kind="email" autocomplete="email"/>
                <SubmitButton label="Send a new link" busy="Sending…"/>
            </Form>
        </div>
    }
}
