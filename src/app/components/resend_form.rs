//! Asking for a new verification mail.

use leptos::prelude::*;

use super::banner::{Banner, ErrorBanner, Kind};
use super::form::Form;
use super::submit_button::SubmitButton;
use crate::api::resend_verification::ResendVerification;
use crate::app::flash;

/// A button that sends a new link to `email`.
#[component]
pub fn ResendForm(email: String) -> impl IntoView {
    let resend = ServerAction::<ResendVerification>::new();
    let posted = flash::take_success("POST /auth/resend-verification").is_some();
    let sent = move || posted || matches!(resend.value().get(), Some(Ok(())));
    let error = Signal::derive(move || resend.value().get().and_then(Result::err));
    view! {
        <ErrorBanner error/>
        {move || sent().then(|| view! { <Banner kind=Kind::Success text="A new link is on its way."/> })}
        <Form action=resend>
            <input type="hidden" name="email" value=email/>
            <SubmitButton label="Send a new link" busy="Sending…" pending=resend.pending() class="button quiet"/>
        </Form>
    }
}
