//! `/timeline`: where a person arrives.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::app::components::badge::{Badge, Symbol};
use crate::app::current_user::CurrentUser;

#[component]
pub fn Timeline() -> impl IntoView {
    let user = CurrentUser::expect();
    view! {
        <Title text="Timeline"/>
        <main class="page column" id="main" tabindex="-1">
            {move || match user.get() {
                Some(me) => view! {
                    <h1>{format!("Hello, {}", me.profile.name())}</h1>
                    <section class="card empty">
                        <Badge symbol=Symbol::People/>
                        <h2>"It’s quiet here for now"</h2>
                        <p class="muted">"The people you follow will gather here."</p>
                    </section>
                }.into_any(),
                None => view! {
                    <h1>"Your timeline"</h1>
                    <section class="card empty">
                        <Badge symbol=Symbol::People/>
                        <h2>"Sign in to see your people"</h2>
                        <p class="actions">
                            <A href="/login?next=/timeline" attr:class="button">"Sign in"</A>
                        </p>
                    </section>
                }.into_any(),
            }}
        </main>
    }
}
