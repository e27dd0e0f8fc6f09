//! In place of a page that cannot be made right now.

use leptos::prelude::*;
use leptos_meta::Title;

use super::badge::{Badge, Symbol};

#[component]
pub fn Unavailable() -> impl IntoView {
    view! {
        <Title text="Back in a moment"/>
        <main class="page column" id="main" tabindex="-1">
            <section class="card empty">
                <Badge symbol=Symbol::Lost/>
                <h1>"We’ll be back in a moment"</h1>
                <p class="muted">"Something on our side does not answer. Nothing of yours is lost; please try again."</p>
                // An empty address is this page.
                <p class="actions"><a href="" class="button">"Try again"</a></p>
            </section>
        </main>
    }
}
