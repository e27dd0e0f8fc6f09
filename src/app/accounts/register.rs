//! `/register` (USER-FE-001.1, USER-FE-001.2).

use leptos::prelude::*;
use leptos_meta::Title;

use super::resend_form::{ResendForm, ResendOutcome};
use super::username_field::NewUsernameField;
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
use crate::model::{email, password};
use crate::text;
use crate::view::{Erase, condition, reactive};

#[component]
pub fn RegisterPage() -> impl IntoView {
    let register = Submission::<Register>::start();
    // Every response changes the submission, but only success replaces the form.
    let done = condition(move || register.succeeded());
    let email = move || match register.output() {
        Some(user) => user.email,
        None => register.value("email").unwrap_or_default(),
    };
    view! {
        <Title text=text::accounts::register() />
        <main class="page narrow" id="main" tabindex="-1">
            {reactive(move || {
                if done.get() {
                    view! { <CheckInbox email=untrack(email) /> }.erase()
                } else {
                    view! { <RegisterForm register /> }.erase()
                }
            })}
        </main>
    }
}

#[component]
fn RegisterForm(register: Submission<Register>) -> impl IntoView {
    view! {
        <div class="card">
            <h1>{text::accounts::register()}</h1>
            <p>{text::accounts::register_lead()}</p>
            <ErrorBanner error=Signal::derive(move || register.error()) />
            <Form submission=register>
                <Field name="email" label=text::form::email() rule=email::check kind="email" autocomplete="email" />
                <NewUsernameField />
                <PasswordField
                    rule=password::check_new
                    autocomplete="new-password"
                    hint=text::accounts::password_hint()
                />
                <SubmitButton label=text::accounts::create() busy=text::accounts::creating() />
            </Form>
            <p class="aside">{text::accounts::has_account()}<a href="/login">{text::sign_in::sign_in()}</a></p>
        </div>
    }
}

#[component]
fn CheckInbox(email: String) -> impl IntoView {
    let resend = Submission::<ResendVerification>::start();
    view! {
        <div class="card">
            <Badge symbol=Symbol::Mail />
            <StateHeading text=text::accounts::check_inbox() />
            <p>{text::accounts::link_sent_to()}<strong>{email.clone()}</strong>{text::accounts::link_sent_end()}</p>
            <ResendOutcome resend />
            <ResendForm resend email />
            <p class="aside">{text::accounts::is_verified()}<a href="/login">{text::sign_in::sign_in()}</a></p>
        </div>
    }
}
