//! A list of users.

use leptos::prelude::*;

use super::person_row::{Entry, PersonRow};
use crate::model::profiles::PublicUser;

/// The users, each with a follow button. `id` is the element id of the list.
#[component]
pub fn PeopleList(
    id: &'static str,
    #[prop(into)] entries: Signal<Vec<Entry>>,
    /// Lets the viewer remove users from their followers. Called after a removal.
    #[prop(optional_no_strip)]
    on_removed: Option<Callback<PublicUser>>,
) -> impl IntoView {
    view! {
        <ul class="people" id=id>
            <For
                each=move || entries.get()
                key=|entry| entry.person.user.id
                children=move |entry| view! { <PersonRow entry list=id on_removed /> }
            />
        </ul>
    }
}
