//! `/account-deleted`: the page that opens after the deletion of an account was requested.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::app::ui::badge::{Badge, Symbol};
use crate::text;

#[component]
pub fn AccountDeleted() -> impl IntoView {
    view! {
        <Title text=text::links::deleted() />
        <main class="page narrow" id="main" tabindex="-1">
            <div class="card">
                <Badge symbol=Symbol::Ok />
                <h1>{text::links::deleted()}</h1>
                <p>{text::links::deleted_next()}</p>
                <a href="/" class="button wide">
                    {text::ui::to_start()}
                </a>
            </div>
        </main>
    }
}
