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
        title: text::links::undo(),
        button: text::links::undo_button(),
        busy: text::links::undoing(),
        back: "/undo-email-change",
        elsewhere: ("/", text::ui::to_start()),
    }
}

fn done() -> StateCard {
    StateCard {
        symbol: Symbol::Mail,
        title: text::links::undone(),
        text: text::links::undone_next(),
        href: "/",
        link: text::ui::to_start(),
        is_quiet: true,
    }
}

fn broken() -> StateCard {
    StateCard {
        symbol: Symbol::BrokenLink,
        title: text::accounts::link_broken(),
        text: text::links::undo_broken_why(),
        href: "/forgot-password",
        link: text::links::forgot(),
        is_quiet: false,
    }
}

#[component]
pub fn UndoEmailChangePage() -> impl IntoView {
    let submission = Submission::<UndoEmailChange>::start();
    let invalid = ErrorCode::InvalidVerificationToken;
    view! { <LinkPage title=text::links::undo() submission invalid form done=done() broken=broken() /> }
}

fn form(submission: AnySubmission, token: String) -> Erased {
    let content = view! {
        <p>{text::links::undo_lead()}</p>
        <ul class="bullets">{text::links::undo_effects().map(|effect| view! { <li>{effect}</li> }).into_view()}</ul>
    }
    .erase();
    form_texts().show(submission, token, content)
}
