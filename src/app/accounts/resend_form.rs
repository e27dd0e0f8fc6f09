//! Asking for a new verification mail.

use leptos::prelude::*;

use crate::api::accounts::resend_verification::ResendVerification;
use crate::app::form::form::Form;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::banner::{Banner, ErrorBanner, Kind};
use crate::app::view::{Erase, reactive};

/// A button that sends a new link to `email`.
#[component]
pub fn ResendForm(resend: Submission<ResendVerification>, email: String) -> impl IntoView {
    view! {
        <Form submission=resend>
            <input type="hidden" name="email" value=email/>
            <SubmitButton label="Send a new link" busy="Sending…" class="button quiet"/>
        </Form>
    }
}

/// What became of it. Whether a mail went out is not told: that would say who has an account.
#[component]
pub fn ResendOutcome(resend: Submission<ResendVerification>) -> impl IntoView {
    view! {
        <ErrorBanner error=Signal::derive(move || resend.error())/>
        {reactive(move || {
            resend
                .succeeded()
                .then(|| {
                    view! {
                        <Banner kind=Kind::Success text="If that address waits to be verified, a link is on its way">
                            <p>"Wait a few minutes before you ask again. The newest is the one that works."</p>
                        </Banner>
                    }
                    .erase()
                })
        })}
    }
}
