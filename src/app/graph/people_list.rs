//! A list of people.

use leptos::prelude::*;

use super::person_row::{Entry, PersonRow};
use crate::model::profiles::PublicUser;

/// The people, each with a follow button. `id` is the list's own on its page.
#[component]
pub fn PeopleList(
    id: &'static str,
    #[prop(into)] entries: Signal<Vec<Entry>>,
    /// Lets the viewer take people off their followers.
    #[prop(optional_no_strip)]
    removed: Option<Callback<PublicUser>>,
) -> impl IntoView {
    view! {
        <ul class="people" id=id>
            <For
                each=move || entries.get()
                key=|entry| entry.person.user.id
                children=move |entry| view! { <PersonRow entry list=id removed /> }
            />
        </ul>
    }
}
