//! `/undo-email-change?token=…`: restores the old address with a button, since mail scanners open links.

use leptos::prelude::*;

use super::link_page::LinkPage;
use crate::api::accounts::undo_email_change::UndoEmailChange;
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
const BACK: &str = "/undo-email-change";

const DONE: StateCard = StateCard {
    symbol: Symbol::Mail,
    title: text::accounts::UNDONE,
    text: text::accounts::UNDONE_NEXT,
    href: "/",
    link: text::ui::TO_START,
    is_quiet: true,
};

const BROKEN: StateCard = StateCard {
    symbol: Symbol::BrokenLink,
    title: text::accounts::LINK_BROKEN,
    text: text::accounts::UNDO_BROKEN_WHY,
    href: "/forgot-password",
    link: text::accounts::FORGOT,
    is_quiet: false,
};

#[component]
pub fn UndoEmailChangePage() -> impl IntoView {
    let submission = Submission::<UndoEmailChange>::start();
    let invalid = ErrorCode::InvalidVerificationToken;
    view! { <LinkPage title=text::accounts::UNDO submission invalid form done=DONE broken=BROKEN /> }
}

/// The button, or after a failed form post, the error and a link to the home page.
fn form(submission: AnySubmission, token: String) -> Erased {
    view! {
        <div class="card">
            <Badge symbol=Symbol::Mail />
            <h1>{text::accounts::UNDO}</h1>
            <p>{text::accounts::UNDO_LEAD}</p>
            <ul class="bullets">
                {text::accounts::UNDO_EFFECTS.map(|effect| view! { <li>{effect}</li> }).into_view()}
            </ul>
            <ErrorBanner error=Signal::derive(move || submission.error()) />
            {if token.is_empty() {
                view! {
                    <a href="/" class="button wide">
                        {text::ui::TO_START}
                    </a>
                }
                    .erase()
            } else {
                view! {
                    <Form submission back=BACK>
                        <input type="hidden" name="token" value=token />
                        <SubmitButton label=text::accounts::UNDO_BUTTON busy=text::accounts::UNDOING />
                    </Form>
                }
                    .erase()
            }}
        </div>
    }
    .erase()
}
