//! The card that replaces a form once its outcome is known.

use leptos::prelude::*;

use super::badge::{Badge, Symbol};
use super::state_heading::StateHeading;
use crate::view::{Erase, Erased};

/// What happened, and a link to the next step.
#[derive(Clone, Copy)]
pub struct StateCard {
    pub symbol: Symbol,
    pub title: &'static str,
    pub text: &'static str,
    pub href: &'static str,
    pub link: &'static str,
    /// Whether the next step is elsewhere, such as in the user's mailbox.
    pub is_quiet: bool,
}

impl StateCard {
    #[must_use]
    pub fn show(self) -> Erased {
        let Self { symbol, title, text, href, link, is_quiet } = self;
        view! {
            <div class="card">
                <Badge symbol />
                <StateHeading text=title />
                <p>{text}</p>
                <a href=href class=if is_quiet { "button wide quiet" } else { "button wide" }>
                    {link}
                </a>
            </div>
        }
        .erase()
    }
}
