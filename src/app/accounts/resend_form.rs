//! Requests a new verification mail.

use leptos::prelude::*;

use crate::api::accounts::resend_verification::ResendVerification;
use crate::app::form::form::Form;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::banner::{Banner, ErrorBanner, Kind};
use crate::text;
use crate::view::{Erase, reactive};

/// A button that sends a new link to `email`.
#[component]
pub fn ResendForm(resend: Submission<ResendVerification>, email: String) -> impl IntoView {
    view! {
        <Form submission=resend>
            <input type="hidden" name="email" value=email />
            <SubmitButton label=text::accounts::new_link() busy=text::form::sending() class="button quiet" />
        </Form>
    }
}

/// The outcome. It does not say whether a mail was sent, since that would reveal who has an account.
#[component]
pub fn ResendOutcome(resend: Submission<ResendVerification>) -> impl IntoView {
    view! {
        <ErrorBanner error=Signal::derive(move || resend.error()) />
        {reactive(move || {
            resend
                .succeeded()
                .then(|| {
                    view! {
                        <Banner kind=Kind::Success text=text::accounts::resent()>
                            <p>{text::accounts::resent_wait()}</p>
                        </Banner>
                    }
                        .erase()
                })
        })}
    }
}
