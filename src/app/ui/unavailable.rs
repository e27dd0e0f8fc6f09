//! Shown in place of a page that cannot be rendered at the moment.

use leptos::prelude::*;
use leptos_meta::Title;

use super::badge::{Badge, Symbol};
use crate::text;

#[component]
pub fn Unavailable() -> impl IntoView {
    view! {
        <Title text=text::ui::unavailable_title() />
        <main class="page column" id="main" tabindex="-1">
            <section class="card empty">
                <Badge symbol=Symbol::Lost />
                <h1>{text::ui::unavailable()}</h1>
                <p class="muted">{text::ui::unavailable_why()}</p>
                // An empty address is this page.
                <p class="actions">
                    <a href="" class="button">
                        {text::ui::try_again()}
                    </a>
                </p>
            </section>
        </main>
    }
}
