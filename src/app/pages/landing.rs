//! `/`: what Kith is.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::app::current_user::CurrentUser;

#[component]
pub fn Landing() -> impl IntoView {
    let user = CurrentUser::expect();
    view! {
        <Title text=""/>
        <main class="page" id="main" tabindex="-1">
            <section class="hero">
                <div>
                    <p class="gloss"><b>"kith"</b>" "<i>"noun"</i>" · friends and acquaintances"</p>
                    <h1>"Your people, in one calm place."</h1>
                    <p class="lead">
                        "Kith is the social network for your friends and acquaintances: make a profile, follow the \
                         people you know, and stay in touch."
                    </p>
                    <p class="actions">
                        {move || match user.get() {
                            Some(_) => view! { <A href="/timeline" attr:class="button large">"Go to your timeline"</A> }.into_any(),
                            None => view! {
                                <A href="/register" attr:class="button large">"Create account"</A>
                                <A href="/login" attr:class="button quiet large">"Sign in"</A>
                            }.into_any(),
                        }}
                    </p>
                </div>
                <img class="hero-art" src="/hero.svg" width="480" height="480" alt=""/>
            </section>
        </main>
    }
}
