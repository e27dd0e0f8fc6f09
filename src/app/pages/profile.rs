//! `/profile/{username}`: somebody's profile.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;

use super::not_found::NotFound;
use super::unavailable::Unavailable;
use crate::api::profile::profile;
use crate::app::components::profile_card::ProfileCard;
use crate::app::current_user::CurrentUser;
use crate::rest::error::ErrorCode;

#[component]
pub fn ProfilePage() -> impl IntoView {
    let params = use_params_map();
    let username = Memo::new(move |_| params.with(|params| params.get("username").unwrap_or_default()));
    let found = Resource::new(move || username.get(), profile);
    let user = CurrentUser::expect();
    view! {
        <Suspense fallback=Loading>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(profile) => {
                        let id = profile.id;
                        let is_own = move || user.get().is_some_and(|me| me.profile.id == id);
                        view! {
                            <Title text=format!("{} (@{})", profile.name(), profile.username)/>
                            <main class="page column" id="main" tabindex="-1">
                                <ProfileCard profile>
                                    {move || {
                                        is_own()
                                            .then(|| {
                                                view! { <A href="/profile?edit=1" attr:class="button quiet">"Edit profile"</A> }
                                            })
                                    }}
                                </ProfileCard>
                            </main>
                        }.into_any()
                    }
                    Err(error) if error.code == ErrorCode::UserNotFound => view! { <NotFound/> }.into_any(),
                    Err(_) => view! { <Unavailable/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <main class="page column" id="main" tabindex="-1">
            <h1 class="visually-hidden">"Loading…"</h1>
            <section class="card" aria-hidden="true">
                <span class="skeleton"></span>
                <span class="skeleton short"></span>
            </section>
        </main>
    }
}
