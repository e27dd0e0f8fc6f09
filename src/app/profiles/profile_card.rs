//! The contents of a profile.

use leptos::prelude::*;

use super::avatar::{Avatar, LARGE};
use crate::app::graph::follow_counts::FollowCounts;
use crate::model::profiles::Profile;
use crate::text;
use crate::view::Slot;

/// The profile. `children` are the buttons for the viewer.
#[component]
pub fn ProfileCard(
    profile: Profile,
    /// Whether this user follows the viewer.
    #[prop(optional)]
    follows_viewer: bool,
    #[prop(optional)] children: Option<Slot>,
) -> impl IntoView {
    let name = profile.name().to_owned();
    let Profile { id, username, bio, avatar_url, created_at, .. } = profile.clone();
    view! {
        <section class="card profile">
            <Avatar id name=name.clone() url=avatar_url class=LARGE />
            <div>
                <h1>
                    <bdi>{name}</bdi>
                </h1>
                <p class="muted">
                    {format!("@{username}")}
                    {follows_viewer
                        .then(|| {
                            view! {
                                " "
                                <span class="note">{text::graph::follows_you()}</span>
                            }
                        })}
                </p>
            </div>
            {children.map(|children| view! { <div class="actions">{children.show()}</div> })}
            {bio.map(|bio| view! { <p class="bio">{bio}</p> })}
            <ul class="counts">
                <FollowCounts profile />
                <li>{text::profiles::member_since(&created_at.month_and_year())}</li>
            </ul>
        </section>
    }
}
