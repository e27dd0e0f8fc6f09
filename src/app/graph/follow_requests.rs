//! `/follow-requests`: who has asked to follow the viewer.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::related_people::{Related, RelatedPeople};
use crate::app::sign_in::personal_card::PersonalCard;
use crate::text;
use crate::view::{Erase, Erased};

/// The path of the page.
pub const PATH: &str = "/follow-requests";

#[component]
pub fn FollowRequests() -> impl IntoView {
    view! { <PersonalCard title=text::graph::requests() path=PATH content /> }
}

fn content() -> Erased {
    let cursor = use_query_map().with_untracked(|query| query.get(Related::Requests.id()));
    view! { <RelatedPeople list=Related::Requests path=PATH cursor /> }.erase()
}
