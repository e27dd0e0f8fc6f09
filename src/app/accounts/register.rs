//! `/register` (USER-FE-001.1, USER-FE-001.2).

use leptos::prelude::*;
use leptos_meta::Title;

use super::resend_form::{ResendForm, ResendOutcome};
use crate::api::accounts::register::Register;
use crate::api::accounts::resend_verification::ResendVerification;
use crate::app::form::field::Field;
use crate::app::form::form::Form;
use crate::app::form::password_field::PasswordField;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::state_heading::StateHeading;
use crate::app::view::{Erase, condition, reactive};
use crate::model::{email, password, username};

#[component]
pub fn RegisterPage() -> impl IntoView {
    let register = Submission::<Register>::start();
    // Every answer changes the submission, but only success may take the form away.
    let done = condition(move || register.succeeded());
    let email = move || match register.output() {
        Some(user) => user.email,
        None => register.typed("email").unwrap_or_default(),
    };
    view! {
        <Title text="Create your account"/>
        <main class="page narrow" id="main" tabindex="-1">
            {reactive(move || {
                if done.get() {
                    view! { <CheckInbox email=untrack(email)/> }.erase()
                } else {
                    view! { <RegisterForm register/> }.erase()
                }
            })}
        </main>
    }
}

#[component]
fn RegisterForm(register: Submission<Register>) -> impl IntoView {
    view! {
        <div class="card">
            <h1>"Create your account"</h1>
            <p>"It takes a minute. We’ll send you an email to verify your address."</p>
            <ErrorBanner error=Signal::derive(move || register.error())/>
            <Form submission=register>
                <Field name="email" label="Email" rule=email::check kind="email" autocomplete="email"/>
                <Field
                    name="username"
                    label="Username"
                    rule=username::check
                    autocomplete="username"
                    hint="3 to 30 letters, digits, “_” or “.”"
                />
                <PasswordField
                    rule=password::check_new
                    autocomplete="new-password"
                    hint="At least 8 characters; a few words make a good one"
                />
                <SubmitButton label="Create account" busy="Creating account…"/>
            </Form>
            <p class="aside">"Already on Kith? "<a href="/login">"Sign in"</a></p>
        </div>
    }
}

#[component]
fn CheckInbox(email: String) -> impl IntoView {
    let resend = Submission::<ResendVerification>::start();
    view! {
        <div class="card">
            <Badge symbol=Symbol::Mail/>
            <StateHeading text="Check your inbox"/>
            <p>"We sent a link to "<strong>{email.clone()}</strong>". Open it to verify your address, then sign in."</p>
            <ResendOutcome resend/>
            <ResendForm resend email/>
            <p class="aside">"Already verified? "<a href="/login">"Sign in"</a></p>
        </div>
    }
}
