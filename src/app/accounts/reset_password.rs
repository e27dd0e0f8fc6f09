//! `/reset-password?token=…`: sets a new password with the token from a mailed link.

use leptos::prelude::*;

use super::link_page::LinkPage;
use crate::api::accounts::reset_password::ResetPassword;
use crate::app::form::form::Form;
use crate::app::form::password_field::PasswordField;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::badge::Symbol;
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::state_card::StateCard;
use crate::model::error::ErrorCode;
use crate::model::password;
use crate::text;
use crate::view::{Erase, Erased};

/// The page that shows the success of a form post, without the token.
const DONE_PAGE: &str = "/reset-password";

fn done() -> StateCard {
    StateCard {
        symbol: Symbol::Ok,
        title: text::links::reset_done(),
        text: text::links::reset_done_next(),
        href: "/login",
        link: text::sign_in::sign_in(),
        is_quiet: false,
    }
}

fn broken() -> StateCard {
    StateCard {
        symbol: Symbol::BrokenLink,
        title: text::accounts::link_broken(),
        text: text::links::reset_broken_why(),
        href: "/forgot-password",
        link: text::links::reset_again(),
        is_quiet: false,
    }
}

#[component]
pub fn ResetPasswordPage() -> impl IntoView {
    let submission = Submission::<ResetPassword>::start();
    let invalid = ErrorCode::InvalidResetToken;
    view! { <LinkPage title=text::links::reset() submission invalid form done=done() broken=broken() /> }
}

fn form(submission: AnySubmission, token: String) -> Erased {
    view! {
        <div class="card">
            <h1>{text::links::reset()}</h1>
            <p>{text::links::reset_lead()}</p>
            <ErrorBanner error=Signal::derive(move || submission.error()) />
            // After an error, a form post returns to this page with the token, so that a user whose password is
            // rejected can choose another one. The page is not stored, and it sends no referrer.
            <Form submission next=DONE_PAGE>
                <input type="hidden" name="token" value=token />
                <PasswordField
                    label=text::links::new_password()
                    of_password=text::links::of_new_password()
                    rule=password::check_new
                    autocomplete="new-password"
                    hint=text::accounts::password_hint()
                />
                <SubmitButton label=text::links::reset_button() busy=text::links::resetting() />
            </Form>
        </div>
    }
    .erase()
}
