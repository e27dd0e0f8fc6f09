//! Where no page is.

use leptos::prelude::*;
use leptos_meta::Title;

use super::badge::{Badge, Symbol};

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Page not found"/>
        <main class="page column" id="main" tabindex="-1">
            <section class="card empty">
                <Badge symbol=Symbol::Lost/>
                <h1>"There is nothing here"</h1>
                <p class="muted">"The link may be wrong, or the page has moved."</p>
                <p class="actions"><a href="/" class="button">"Go to the start"</a></p>
            </section>
        </main>
    }
}
