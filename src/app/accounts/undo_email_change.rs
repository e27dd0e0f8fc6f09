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

fn form_texts() -> OneButton {
    OneButton {
        title: text::accounts::undo(),
        button: text::accounts::undo_button(),
        busy: text::accounts::undoing(),
        back: "/undo-email-change",
        elsewhere: ("/", text::ui::to_start()),
    }
}

fn done() -> StateCard {
    StateCard {
        symbol: Symbol::Mail,
        title: text::accounts::undone(),
        text: text::accounts::undone_next(),
        href: "/",
        link: text::ui::to_start(),
        is_quiet: true,
    }
}

fn broken() -> StateCard {
    StateCard {
        symbol: Symbol::BrokenLink,
        title: text::accounts::link_broken(),
        text: text::accounts::undo_broken_why(),
        href: "/forgot-password",
        link: text::accounts::forgot(),
        is_quiet: false,
    }
}

#[component]
pub fn UndoEmailChangePage() -> impl IntoView {
    let submission = Submission::<UndoEmailChange>::start();
    let invalid = ErrorCode::InvalidVerificationToken;
    view! { <LinkPage title=text::accounts::undo() submission invalid form done=done() broken=broken() /> }
}

fn form(submission: AnySubmission, token: String) -> Erased {
    let content = view! {
        <p>{text::accounts::undo_lead()}</p>
        <ul class="bullets">{text::accounts::undo_effects().map(|effect| view! { <li>{effect}</li> }).into_view()}</ul>
    }
    .erase();
    form_texts().show(submission, token, content)
}
