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

const DONE: StateCard = StateCard {
    symbol: Symbol::Ok,
    title: text::accounts::RESET_DONE,
    text: text::accounts::RESET_DONE_NEXT,
    href: "/login",
    link: text::sign_in::SIGN_IN,
    is_quiet: false,
};

const BROKEN: StateCard = StateCard {
    symbol: Symbol::BrokenLink,
    title: text::accounts::LINK_BROKEN,
    text: text::accounts::RESET_BROKEN_WHY,
    href: "/forgot-password",
    link: text::accounts::RESET_AGAIN,
    is_quiet: false,
};

#[component]
pub fn ResetPasswordPage() -> impl IntoView {
    let submission = Submission::<ResetPassword>::start();
    let invalid = ErrorCode::InvalidResetToken;
    view! { <LinkPage title=text::accounts::RESET submission invalid form done=DONE broken=BROKEN /> }
}

fn form(submission: AnySubmission, token: String) -> Erased {
    view! {
        <div class="card">
            <h1>{text::accounts::RESET}</h1>
            <p>{text::accounts::RESET_LEAD}</p>
            <ErrorBanner error=Signal::derive(move || submission.error()) />
            // After an error, a form post returns to this page with the token, so that a user whose password is
            // rejected can choose another one. The page is not stored, and it sends no referrer.
            <Form submission next=DONE_PAGE>
                <input type="hidden" name="token" value=token />
                <PasswordField
                    label=text::accounts::NEW_PASSWORD
                    of_password=text::accounts::OF_NEW_PASSWORD
                    rule=password::check_new
                    autocomplete="new-password"
                    hint=text::accounts::PASSWORD_HINT
                />
                <SubmitButton label=text::accounts::RESET_BUTTON busy=text::accounts::RESETTING />
            </Form>
        </div>
    }
    .erase()
}
