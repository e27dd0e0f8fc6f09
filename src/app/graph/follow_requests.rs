//! `/follow-requests`: who has asked to follow the viewer.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::related_people::{Related, RelatedPeople};
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::sign_in::sign_in_prompt::SignInPrompt;
use crate::text;
use crate::view::{Erase, condition};

/// The path of the page.
pub const PATH: &str = "/follow-requests";

#[component]
pub fn FollowRequests() -> impl IntoView {
    let user = CurrentUser::expect();
    let is_known = condition(move || user.id().is_some());
    let cursor = use_query_map().with_untracked(|query| query.get(Related::Requests.id()));
    view! {
        <Title text=text::graph::requests() />
        <main class="page column" id="main" tabindex="-1">
            <h1>{text::graph::requests()}</h1>
            <section class="card">
                {move || {
                    let cursor = cursor.clone();
                    if is_known.get() {
                        view! { <RelatedPeople list=Related::Requests path=PATH cursor /> }.erase()
                    } else {
                        view! { <SignInPrompt title=text::graph::sign_in_first() next=PATH /> }.erase()
                    }
                }}
            </section>
        </main>
    }
}
