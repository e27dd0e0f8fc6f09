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
                        <b>{text::ui::word()}</b>
                        " "
                        <i>{text::ui::word_class()}</i>
                        {text::ui::word_meaning()}
                    </p>
                    <h1>{text::ui::landing()}</h1>
                    <p class="lead">{text::ui::landing_lead()}</p>
                    <p class="actions">
                        {reactive(move || match user.get() {
                            Some(_) => {
                                view! {
                                    <a href="/timeline" class="button large">
                                        {text::ui::to_timeline()}
                                    </a>
                                }
                                    .erase()
                            }
                            None => {
                                view! {
                                    <a href="/register" class="button large">
                                        {text::accounts::create()}
                                    </a>
                                    <a href="/login" class="button quiet large">
                                        {text::sign_in::sign_in()}
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
