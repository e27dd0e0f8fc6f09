//! The page for paths that do not exist.

use leptos::prelude::*;
use leptos_meta::Title;

use super::badge::{Badge, Symbol};
use crate::text;

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text=text::ui::not_found_title() />
        <main class="page column" id="main" tabindex="-1">
            <section class="card empty">
                <Badge symbol=Symbol::Lost />
                <h1>{text::ui::not_found()}</h1>
                <p class="muted">{text::ui::not_found_why()}</p>
                <p class="actions">
                    <a href="/" class="button">
                        {text::ui::to_start()}
                    </a>
                </p>
            </section>
        </main>
    }
}
