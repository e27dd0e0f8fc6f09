//! `/confirm-email?token=…`: puts a new address in force with a button, since mail scanners open links.

use leptos::prelude::*;

use super::link_page::LinkPage;
use crate::api::accounts::confirm_email::ConfirmEmail;
use crate::app::form::form::Form;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::state_card::StateCard;
use crate::model::error::ErrorCode;
use crate::text;
use crate::view::{Erase, Erased};

/// The page that form posts return to, without the token.
const BACK: &str = "/confirm-email";

const DONE: StateCard = StateCard {
    symbol: Symbol::Ok,
    title: text::accounts::CONFIRMED,
    text: text::accounts::CONFIRMED_NEXT,
    href: "/settings",
    link: text::accounts::TO_SETTINGS,
    is_quiet: false,
};

const BROKEN: StateCard = StateCard {
    symbol: Symbol::BrokenLink,
    title: text::accounts::LINK_BROKEN,
    text: text::accounts::CONFIRM_BROKEN_WHY,
    ..DONE
};

#[component]
pub fn ConfirmEmailPage() -> impl IntoView {
    let submission = Submission::<ConfirmEmail>::start();
    let invalid = ErrorCode::InvalidVerificationToken;
    view! { <LinkPage title=text::accounts::CONFIRM submission invalid form done=DONE broken=BROKEN /> }
}

/// The button, or after a failed form post, the error and a link to the settings.
fn form(submission: AnySubmission, token: String) -> Erased {
    view! {
        <div class="card">
            <Badge symbol=Symbol::Mail />
            <h1>{text::accounts::CONFIRM}</h1>
            <p>{text::accounts::CONFIRM_LEAD}</p>
            <ErrorBanner error=Signal::derive(move || submission.error()) />
            {if token.is_empty() {
                view! {
                    <a href="/settings" class="button wide">
                        {text::accounts::TO_SETTINGS}
                    </a>
                }
                    .erase()
            } else {
                view! {
                    <Form submission back=BACK>
                        <input type="hidden" name="token" value=token />
                        <SubmitButton label=text::accounts::CONFIRM_BUTTON busy=text::accounts::CONFIRMING />
                    </Form>
                }
                    .erase()
            }}
        </div>
    }
    .erase()
}
