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
        <Title text=text::links::forgot() />
        <main class="page narrow" id="main" tabindex="-1">
            <div class="card">
                <h1>{text::links::forgot()}</h1>
                <p>{text::links::forgot_lead()}</p>
                <ErrorBanner error=Signal::derive(move || request.error()) />
                <SuccessBanner
                    when=Signal::derive(move || request.succeeded())
                    text=text::links::forgot_sent()
                    note=text::links::forgot_sent_limits()
                />
                <Form submission=request>
                    <Field
                        name="email"
                        label=text::form::email()
                        rule=email::check
                        kind="email"
                        autocomplete="username"
                    />
                    <SubmitButton label=text::links::forgot_button() busy=text::form::sending() />
                </Form>
                <p class="aside">
                    {text::sign_in::knows_password()}<a href="/login">{text::sign_in::with_password()}</a>
                </p>
            </div>
        </main>
    }
}
