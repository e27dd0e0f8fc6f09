//! The button that removes a user from the viewer's followers.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::relations::Graph;
use crate::api::graph::follow::RemoveFollower;
use crate::app::form::form::Form;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::model::profiles::PublicUser;
use crate::text;
use crate::view::effect;

/// Calls `on_removed` after the removal. `described_by` is the id of the element with the user's name.
#[component]
pub fn RemoveFollowerForm(user: PublicUser, on_removed: Callback<PublicUser>, described_by: String) -> impl IntoView {
    let graph = Graph::expect();
    let remove = Submission::<RemoveFollower>::start();
    let action = RemoveFollower::PATH.replace("{id}", &user.id.to_string());
    let id = user.id.to_string();
    effect(move || {
        if remove.has_output() {
            graph.follower_removed();
            on_removed.run(user.clone());
        } else if let Some(error) = remove.error() {
            graph.report(&text::graph::could_not_remove(user.name()), &error);
        }
    });
    view! {
        <Form submission=remove action>
            <input type="hidden" name="id" value=id />
            <SubmitButton
                label=text::form::remove()
                busy=text::form::removing()
                class="button quiet danger"
                described_by
            />
        </Form>
    }
}
