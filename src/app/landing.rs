//! `/`: introduces Kith.

use leptos::prelude::*;
use leptos_meta::Title;

use super::sign_in::current_user::CurrentUser;
use crate::text;
use crate::view::{Erase, reactive};

#[component]
pub fn Landing() -> impl IntoView {
    let user = CurrentUser::expect();
    view! {
        <Title text="" />
        <main class="page" id="main" tabindex="-1">
            <section class="hero">
                <div>
                    <p class="gloss">
                        <b>{text::ui::WORD}</b>
                        " "
                        <i>{text::ui::WORD_CLASS}</i>
                        {text::ui::WORD_MEANING}
                    </p>
                    <h1>{text::ui::LANDING}</h1>
                    <p class="lead">{text::ui::LANDING_LEAD}</p>
                    <p class="actions">
                        {reactive(move || match user.get() {
                            Some(_) => {
                                view! {
                                    <a href="/timeline" class="button large">
                                        {text::ui::TO_TIMELINE}
                                    </a>
                                }
                                    .erase()
                            }
                            None => {
                                view! {
                                    <a href="/register" class="button large">
                                        {text::accounts::CREATE}
                                    </a>
                                    <a href="/login" class="button quiet large">
                                        {text::sign_in::SIGN_IN}
                                    </a>
                                }
                                    .erase()
                            }
                        })}
                    </p>
                </div>
                <img class="hero-art" src="/hero.svg" width="480" height="480" alt="" />
            </section>
        </main>
    }
}
