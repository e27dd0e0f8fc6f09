//! Shown to visitors in place of content for signed-in users.

use leptos::prelude::*;

use crate::app::ui::badge::{Badge, Symbol};
use crate::text;

/// A link to the sign-in page, which continues to `next`.
#[component]
pub fn SignInPrompt(title: &'static str, #[prop(into)] next: String) -> impl IntoView {
    view! {
        <div class="empty">
            <Badge symbol=Symbol::People />
            <h2>{title}</h2>
            <p class="actions">
                <a href=format!("/login?next={next}") class="button">
                    {text::sign_in::sign_in()}
                </a>
            </p>
        </div>
    }
}
