//! `/confirm-email?token=…`: confirms a new address with a button, since mail scanners open links.

use leptos::prelude::*;

use super::link_page::{LinkPage, OneButton};
use crate::api::accounts::confirm_email::ConfirmEmail;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::ui::badge::Symbol;
use crate::app::ui::state_card::StateCard;
use crate::model::error::ErrorCode;
use crate::text;
use crate::view::{Erase, Erased};

fn form_texts() -> OneButton {
    OneButton {
        title: text::links::confirm(),
        button: text::links::confirm_button(),
        busy: text::links::confirming(),
        back: "/confirm-email",
        elsewhere: ("/settings", text::links::to_settings()),
    }
}

fn done() -> StateCard {
    StateCard {
        symbol: Symbol::Ok,
        title: text::links::confirmed(),
        text: text::links::confirmed_next(),
        href: "/settings",
        link: text::links::to_settings(),
        is_quiet: false,
    }
}

fn broken() -> StateCard {
    StateCard {
        symbol: Symbol::BrokenLink,
        title: text::accounts::link_broken(),
        text: text::links::confirm_broken_why(),
        ..done()
    }
}

#[component]
pub fn ConfirmEmailPage() -> impl IntoView {
    let submission = Submission::<ConfirmEmail>::start();
    let invalid = ErrorCode::InvalidVerificationToken;
    view! { <LinkPage title=text::links::confirm() submission invalid form done=done() broken=broken() /> }
}

fn form(submission: AnySubmission, token: String) -> Erased {
    let content = view! { <p>{text::links::confirm_lead()}</p> }.erase();
    form_texts().show(submission, token, content)
}
