//! The frame of the settings pages.

use leptos::prelude::*;
use leptos_meta::Title;

use super::settings_nav::SettingsNav;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::sign_in::sign_in_prompt::SignInPrompt;
use crate::text;
use crate::view::{Erase, Erased, condition, effect, reactive, spawn};

/// The heading, the links between the pages, and for a signed-in user the `content`. `title` is in the title of the
/// document.
#[component]
pub fn SettingsPage(title: &'static str, path: &'static str, content: fn() -> Erased) -> impl IntoView {
    let user = CurrentUser::expect();
    let is_known = condition(move || user.id().is_some());
    // The rendered data may be stale, since back and forward restore old pages.
    effect(move || {
        if user.id_untracked().is_some() {
            spawn(async move { drop(user.refresh().await) });
        }
    });
    view! {
        <Title text=title />
        <main class="page column" id="main" tabindex="-1">
            <h1>{text::settings::settings()}</h1>
            <SettingsNav />
            {reactive(move || {
                if is_known.get() {
                    view! { <div class="sections">{content()}</div> }.erase()
                } else {
                    view! {
                        <section class="card">
                            <SignInPrompt title=text::settings::sign_in_first() next=path />
                        </section>
                    }
                        .erase()
                }
            })}
        </main>
    }
}
