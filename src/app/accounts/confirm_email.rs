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

const FORM: OneButton = OneButton {
    title: text::accounts::CONFIRM,
    button: text::accounts::CONFIRM_BUTTON,
    busy: text::accounts::CONFIRMING,
    back: "/confirm-email",
    elsewhere: ("/settings", text::accounts::TO_SETTINGS),
};

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

fn form(submission: AnySubmission, token: String) -> Erased {
    let content = view! { <p>{text::accounts::CONFIRM_LEAD}</p> }.erase();
    FORM.show(submission, token, content)
}
