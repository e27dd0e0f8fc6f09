//! A list of users.

use leptos::prelude::*;

use super::person_row::{Entry, PersonRow};
use crate::app::ui::focus::focus;
use crate::model::id::UserId;
use crate::model::profiles::PublicUser;

/// Appends those of the users who are not in the list with the element id `list` yet, and moves the focus to the first.
pub fn append(list: &str, entries: RwSignal<Vec<Entry>>, more: impl IntoIterator<Item = Entry>) {
    let known: Vec<_> = entries.with_untracked(|entries| entries.iter().map(|one| one.person.user.id).collect());
    let new: Vec<_> = more.into_iter().filter(|entry| !known.contains(&entry.person.user.id)).collect();
    let first = new.first().map(|entry| entry.person.user.id);
    entries.update(|entries| entries.extend(new));
    if let Some(first) = first {
        focus_row(list, first, ".person");
    }
}

/// Moves the focus to an element in a user's row.
pub fn focus_row(list: &str, id: UserId, part: &str) {
    focus(format!("#{list} > li:has([id='{list}-{id}']) {part}"));
}

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
