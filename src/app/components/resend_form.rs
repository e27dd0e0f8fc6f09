//! Asking for a new verification mail.

use leptos::prelude::*;

use super::banner::{Banner, ErrorBanner, Kind};
use super::form::Form;
use super::submission::Submission;
use super::submit_button::SubmitButton;
use crate::api::resend_verification::ResendVerification;

/// A button that sends a new link to `email`.
#[component]
pub fn ResendForm(email: String) -> impl IntoView {
    let resend = Submission::<ResendVerification>::start();
    view! {
        <ErrorBanner error=Signal::derive(move || resend.error())/>
        {move || resend.succeeded().then(|| view! { <Banner kind=Kind::Success text="A new link is on its way."/> })}
        <Form submission=resend>
            <input type="hidden" name="email" value=email/>
            <SubmitButton
                label="Send a new link"
                busy="Sending…"
                class="button quiet"
            />
        </Form>
    }
}
