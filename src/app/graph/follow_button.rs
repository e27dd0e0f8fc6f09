//! The button that follows somebody, or ends it (USER-FE-004.1).

use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::prelude::*;
use server_fn::ServerFn;

use super::relations::Graph;
use crate::api::graph::follow::{Follow, Unfollow};
use crate::app::form::form::here;
use crate::app::form::submission::Submission;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::view::{condition, reactive};
use crate::model::id::UserId;
use crate::rest::form::{BACK_FIELD, METHOD_FIELD};
use crate::text;

/// Not shown to visitors, nor beside oneself. `described_by` is the id of the element with the name,
/// where there are several buttons.
#[component]
pub fn FollowButton(id: UserId, name: String, #[prop(optional, into)] described_by: Option<String>) -> impl IntoView {
    let (graph, user) = (Graph::expect(), CurrentUser::expect());
    let is_other = condition(move || user.id().is_some_and(|viewer| viewer != id));
    let following = condition(move || graph.follows(id));
    let press = {
        let name = name.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            graph.toggle(id, name.clone());
        }
    };
    // The second half of a double click is no wish to take the first one back.
    let once = |event: MouseEvent| {
        if event.detail() > 1 {
            event.prevent_default();
        }
    };
    let back = here();
    move || {
        is_other.get().then(|| {
            view! {
                <form method="post" action=Follow::PATH.replace("{id}", &id.to_string()) on:submit=press.clone()>
                    {move || {
                        let method = Submission::<Unfollow>::method().to_string();
                        following.get().then(|| view! { <input type="hidden" name=METHOD_FIELD value=method /> })
                    }}
                    <input type="hidden" name=BACK_FIELD value=back.clone() />
                    <button
                        class="button follow"
                        aria-pressed=move || following.get().to_string()
                        aria-describedby=described_by.clone()
                        on:click=once
                    >
                        {reactive(move || if following.get() { text::graph::UNFOLLOW } else { text::graph::FOLLOW })}
                    </button>
                </form>
            }
        })
    }
}
