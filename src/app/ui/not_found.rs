//! The page for paths that do not exist.

use leptos::prelude::*;
use leptos_meta::Title;

use super::badge::{Badge, Symbol};
use crate::text;

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text=text::ui::NOT_FOUND_TITLE />
        <main class="page column" id="main" tabindex="-1">
            <section class="card empty">
                <Badge symbol=Symbol::Lost />
                <h1>{text::ui::NOT_FOUND}</h1>
                <p class="muted">{text::ui::NOT_FOUND_WHY}</p>
                <p class="actions">
                    <a href="/" class="button">
                        {text::ui::TO_START}
                    </a>
                </p>
            </section>
        </main>
    }
}
