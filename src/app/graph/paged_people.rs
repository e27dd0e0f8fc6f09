//! A paged list of users. A button loads more; without JavaScript, links lead to the next and the previous page.

use leptos::prelude::*;
use leptos::web_sys::MouseEvent;

use super::empty_people::EmptyPeople;
use super::list_place::ListPlace;
use super::pager::Pager;
use super::people_list::{PeopleList, append, focus_row};
use super::person_row::Entry;
use super::relations::Graph;
use crate::api::graph::people::{followees, followers};
use crate::app::form::form::current_path;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::focus::focus;
use crate::model::error::ApiError;
use crate::model::graph::{NUMBERED_MAX, PAGE_SIZE, People, Side};
use crate::model::id::UserId;
use crate::model::profiles::{Profile, PublicUser};
use crate::text;
use crate::view::{Erase, condition, effect, handler};

/// The element id of the list.
const LIST: &str = "people";

/// The last page that has a number. A link to a cursor leads on from there.
pub const LAST_PAGE: u32 = NUMBERED_MAX / PAGE_SIZE;

/// Fetches a page of a user's followers or followees.
pub async fn fetch_page(side: Side, id: UserId, page: Option<u32>, cursor: Option<String>) -> Result<People, ApiError> {
    match side {
        Side::Followers => followers(id, page, None, cursor).await,
        Side::Followees => followees(id, page, None, cursor).await,
    }
}

/// The list of `profile`, starting with the page `people`.
#[component]
pub fn PagedPeople(side: Side, profile: Profile, people: People) -> impl IntoView {
    let graph = Graph::expect();
    let id = profile.id;
    let removable = side == Side::Followers && CurrentUser::expect().id_untracked() == Some(id);
    let People { items, page, next_cursor, .. } = people;
    let path = side.path(&profile.username);
    let link = move |page: u32| format!("{path}?page={page}");
    let previous = page.filter(|page| *page > 1).map(|page| link(page - 1));
    let next = next_cursor.as_ref().map(|cursor| match page.filter(|page| *page < LAST_PAGE) {
        Some(page) => link(page + 1),
        None => format!("{}?cursor={cursor}", side.path(&profile.username)),
    });
    let page = page.unwrap_or(1);
    let cursor = RwSignal::new(next_cursor);
    let entry = move |person| {
        let entry = Entry::from(person);
        // In the viewer's own list of followers, every row would have the note.
        if removable { Entry { note: None, ..entry } } else { entry }
    };
    let entries = RwSignal::new(items.into_iter().map(entry).collect::<Vec<_>>());
    let is_empty = condition(move || entries.with(Vec::is_empty));

    let load = Action::new(move |cursor: &String| fetch_page(side, id, None, Some(cursor.clone())));
    let loaded = load.value();
    effect(move || {
        let Some(Ok(more)) = loaded.get() else { return };
        graph.store_people(&more.items);
        append(LIST, entries, more.items.into_iter().map(entry));
        cursor.set(more.next_cursor);
    });

    let path = StoredValue::new(current_path());
    effect(move || {
        if let Some(place) = path.with_value(|path| ListPlace::find(path)) {
            entries.set(place.entries.clone());
            cursor.set(place.cursor.clone());
            place.show();
        }
    });
    let keep_place = move |click: MouseEvent| {
        ListPlace::keep(&click, LIST, path.get_value(), entries.get_untracked(), cursor.get_untracked());
    };

    let status = RwSignal::new(String::new());
    let on_removed = Callback::new(move |user: PublicUser| {
        let index = entries.with_untracked(|entries| entries.iter().position(|entry| entry.person.user.id == user.id));
        entries.update(|entries| entries.retain(|entry| entry.person.user.id != user.id));
        status.set(text::graph::follows_no_longer(user.name()));
        // Keyboard users continue at the same position in the list.
        let neighbor = entries.with_untracked(|entries| {
            index.and_then(|index| entries.get(index).or(entries.last())).map(|entry| entry.person.user.id)
        });
        match neighbor {
            Some(neighbor) => focus_row(LIST, neighbor, ".danger"),
            None => focus("#main".to_owned()),
        }
    });

    view! {
        {move || {
            if is_empty.get() {
                view! { <EmptyPeople side profile=profile.clone() page /> }.erase()
            } else {
                view! {
                    <div on:click:capture=handler(keep_place)>
                        <PeopleList id=LIST entries on_removed=removable.then_some(on_removed) />
                    </div>
                }
                    .erase()
            }
        }}
        <p class="visually-hidden" role="status">
            {status}
        </p>
        <ErrorBanner error=Signal::derive(move || loaded.get().and_then(Result::err)) />
        <Pager previous next cursor load />
    }
}
