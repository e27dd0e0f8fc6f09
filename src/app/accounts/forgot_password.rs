//! `/forgot-password`: requests a mail with a link that resets the password.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::accounts::forgot_password::ForgotPassword;
use crate::app::form::field::Field;
use crate::app::form::form::Form;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::banner::{ErrorBanner, SuccessBanner};
use crate::model::email;
use crate::text;

/// The outcome does not say whether a mail was sent, since that would reveal who has an account.
#[component]
pub fn ForgotPasswordPage() -> impl IntoView {
    let request = Submission::<ForgotPassword>::start();
    view! {
        <Title text=text::accounts::FORGOT />
        <main class="page narrow" id="main" tabindex="-1">
            <div class="card">
                <h1>{text::accounts::FORGOT}</h1>
                <p>{text::accounts::FORGOT_LEAD}</p>
                <ErrorBanner error=Signal::derive(move || request.error()) />
                <SuccessBanner
                    when=Signal::derive(move || request.succeeded())
                    text=text::accounts::FORGOT_SENT
                    note=text::accounts::FORGOT_SENT_LIMITS
                />
                <Form submission=request>
                    <Field
                        name="email"
                        label=text::form::EMAIL
                        rule=email::check
                        kind="email"
                        autocomplete="username"
                    />
                    <SubmitButton label=text::accounts::FORGOT_BUTTON busy=text::form::SENDING />
                </Form>
                <p class="aside">{text::sign_in::KNOWS_PASSWORD}<a href="/login">{text::sign_in::WITH_PASSWORD}</a></p>
            </div>
        </main>
    }
}
