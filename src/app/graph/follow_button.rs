//! The button that follows a user, or asks to, and ends that (USER-FE-004.1).

use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::prelude::*;
use server_fn::ServerFn;

use super::relations::Graph;
use crate::api::graph::follow::{Follow, Unfollow};
use crate::app::form::form::current_path;
use crate::app::form::submission::Submission;
use crate::app::sign_in::current_user::CurrentUser;
use crate::model::graph::FollowState;
use crate::model::id::UserId;
use crate::rest::form::{BACK_FIELD, METHOD_FIELD};
use crate::text;
use crate::view::{condition, reactive};

/// Hidden from visitors and for the viewer's own account. `described_by` is the id of the element with the user's name,
/// if there are several buttons.
#[component]
pub fn FollowButton(id: UserId, name: String, #[prop(optional, into)] described_by: Option<String>) -> impl IntoView {
    let (graph, user) = (Graph::expect(), CurrentUser::expect());
    let is_other = condition(move || user.id().is_some_and(|viewer| viewer != id));
    let follows = condition(move || graph.follow_state(id).is_some());
    let label = move || match graph.follow_state(id) {
        Some(FollowState::Following) => text::graph::unfollow(),
        Some(FollowState::Requested) => text::graph::requested(),
        None if graph.is_private(id) => text::graph::request(),
        None => text::graph::follow(),
    };
    let submit = {
        let name = name.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            graph.toggle(id, name.clone());
        }
    };
    // The second click of a double click must not undo the first.
    let ignore_double_click = |event: MouseEvent| {
        if event.detail() > 1 {
            event.prevent_default();
        }
    };
    let back = current_path();
    move || {
        is_other.get().then(|| {
            view! {
                <form method="post" action=Follow::PATH.replace("{id}", &id.to_string()) on:submit=submit.clone()>
                    {move || {
                        let method = Submission::<Unfollow>::method().to_string();
                        follows.get().then(|| view! { <input type="hidden" name=METHOD_FIELD value=method /> })
                    }}
                    <input type="hidden" name=BACK_FIELD value=back.clone() />
                    <button
                        class="button follow"
                        aria-pressed=move || follows.get().to_string()
                        aria-describedby=described_by.clone()
                        on:click=ignore_double_click
                    >
                        {reactive(label)}
                    </button>
                </form>
            }
        })
    }
}
