//! The frame of a page that an emailed link opens: its form, until the outcome replaces it.

use leptos::prelude::*;
use leptos_meta::Title;

use super::link_token::take_token;
use crate::app::form::form::Form;
use crate::app::form::submission::AnySubmission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::state_card::StateCard;
use crate::model::error::ErrorCode;
use crate::text;
use crate::view::{Erase, Erased, condition, reactive};

/// Shows `form`, which gets the token of the link. After success, shows the card `done`, and if the server rejects the
/// token with `invalid`, the card `broken`. Without a token, for example after a reload, asks to open the link again.
#[component]
pub fn LinkPage(
    title: &'static str,
    #[prop(into)] submission: AnySubmission,
    invalid: ErrorCode,
    form: fn(AnySubmission, String) -> Erased,
    done: StateCard,
    broken: StateCard,
) -> impl IntoView {
    let token = take_token();
    let is_done = condition(move || submission.succeeded());
    let has_token = token.is_some();
    let token = token.unwrap_or_default();
    let is_broken = condition(move || submission.error().is_some_and(|error| error.code == invalid));
    // After another error of a form post, the form shows it, and the next step.
    let is_missing = condition(move || !has_token && submission.error().is_none());
    let missing = StateCard {
        symbol: Symbol::Mail,
        title: text::accounts::link_again(),
        text: text::accounts::link_again_why(),
        is_quiet: true,
        ..broken
    };
    CurrentUser::expect().refresh_when(is_done);
    view! {
        <Title text=title />
        <main class="page narrow" id="main" tabindex="-1">
            {reactive(move || {
                if is_done.get() {
                    done.show()
                } else if is_broken.get() {
                    broken.show()
                } else if is_missing.get() {
                    missing.show()
                } else {
                    form(submission, token.clone())
                }
            })}
        </main>
    }
}

/// The texts of a form with one button.
#[derive(Clone, Copy)]
pub struct OneButton {
    pub title: &'static str,
    pub button: &'static str,
    pub busy: &'static str,
    /// The page that form posts return to, without the token.
    pub back: &'static str,
    /// The next step after a failed form post, when the token is gone: where, and what the link says.
    pub elsewhere: (&'static str, &'static str),
}

impl OneButton {
    /// Shows the card with the form. `content` explains what the button does.
    pub fn show(self, submission: AnySubmission, token: String, content: Erased) -> Erased {
        let Self { title, button, busy, back, elsewhere: (href, link) } = self;
        view! {
            <div class="card">
                <Badge symbol=Symbol::Mail />
                <h1>{title}</h1>
                {content}
                <ErrorBanner error=Signal::derive(move || submission.error()) />
                {if token.is_empty() {
                    view! {
                        <a href=href class="button wide">
                            {link}
                        </a>
                    }
                        .erase()
                } else {
                    view! {
                        <Form submission back>
                            <input type="hidden" name="token" value=token />
                            <SubmitButton label=button busy />
                        </Form>
                    }
                        .erase()
                }}
            </div>
        }
        .erase()
    }
}
