//! `/`: what Kith is.

use leptos::prelude::*;
use leptos_meta::Title;

use super::sign_in::current_user::CurrentUser;
use crate::app::view::{Erase, reactive};

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
                        {reactive(move || match user.get() {
                            Some(_) => view! { <a href="/timeline" class="button large">"Go to your timeline"</a> }.erase(),
                            None => view! {
                                <a href="/register" class="button large">"Create account"</a>
                                <a href="/login" class="button quiet large">"Sign in"</a>
                            }.erase(),
                        })}
                    </p>
                </div>
                <img class="hero-art" src="/hero.svg" width="480" height="480" alt=""/>
            </section>
        </main>
    }
}
