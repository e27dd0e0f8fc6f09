//! A user in a list.

use leptos::prelude::*;

use super::follow_button::FollowButton;
use super::remove_follower::RemoveFollowerForm;
use crate::app::profiles::avatar::Avatar;
use crate::model::graph::Person;
use crate::model::profiles::PublicUser;
use crate::text;

/// A user as shown in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub person: Person,
    /// Why the user is listed, or their relation to the viewer.
    pub note: Option<String>,
}

impl From<Person> for Entry {
    fn from(person: Person) -> Self {
        let follows = person.viewer.is_some_and(|viewer| viewer.followed_by);
        Self { note: follows.then(|| text::graph::follows_you().to_owned()), person }
    }
}

/// A user, as a link to their profile. `name_id` is the id of the element with the name.
#[component]
pub fn PersonLink(
    user: PublicUser,
    #[prop(optional, into)] name_id: Option<String>,
    #[prop(optional_no_strip)] note: Option<String>,
) -> impl IntoView {
    let name = user.name().to_owned();
    view! {
        <a href=format!("/profile/{}", user.username) class="person">
            <Avatar id=user.id name=name.clone() url=user.avatar_url />
            <span>
                <b id=name_id>
                    <bdi>{name}</bdi>
                </b>
                <small>{format!("@{}", user.username)}</small>
                {note.map(|note| view! { <small class="note">{note}</small> })}
            </span>
        </a>
    }
}

/// One item of the list with the id `list`. `on_removed` lets the viewer remove the user from their followers.
#[component]
pub fn PersonRow(entry: Entry, list: &'static str, on_removed: Option<Callback<PublicUser>>) -> impl IntoView {
    let Entry { person: Person { user, .. }, note } = entry;
    let name = user.name().to_owned();
    let name_id = format!("{list}-{}", user.id);
    view! {
        <li>
            <PersonLink user=user.clone() name_id=name_id.clone() note />
            <div class="actions">
                {on_removed
                    .map(|on_removed| {
                        view! { <RemoveFollowerForm user=user.clone() on_removed described_by=name_id.clone() /> }
                    })} <FollowButton id=user.id name described_by=name_id />
            </div>
        </li>
    }
}
