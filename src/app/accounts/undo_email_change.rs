//! `/undo-email-change?token=…`: restores the old address with a button, since mail scanners open links.

use leptos::prelude::*;

use super::link_page::{LinkPage, OneButton};
use crate::api::accounts::undo_email_change::UndoEmailChange;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::ui::badge::Symbol;
use crate::app::ui::state_card::StateCard;
use crate::model::error::ErrorCode;
use crate::text;
use crate::view::{Erase, Erased};

const FORM: OneButton = OneButton {
    title: text::accounts::UNDO,
    button: text::accounts::UNDO_BUTTON,
    busy: text::accounts::UNDOING,
    back: "/undo-email-change",
    elsewhere: ("/", text::ui::TO_START),
};

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

fn form(submission: AnySubmission, token: String) -> Erased {
    let content = view! {
        <p>{text::accounts::UNDO_LEAD}</p>
        <ul class="bullets">{text::accounts::UNDO_EFFECTS.map(|effect| view! { <li>{effect}</li> }).into_view()}</ul>
    }
    .erase();
    FORM.show(submission, token, content)
}
