//! `/settings/blocks`: the users that the user blocks or mutes.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::settings_nav::BLOCKS;
use super::settings_page::SettingsPage;
use super::settings_section::SettingsSection;
use crate::app::graph::related_people::{Related, RelatedPeople};
use crate::text;
use crate::view::{Erase, Erased};

#[component]
pub fn Blocked() -> impl IntoView {
    view! { <SettingsPage title=text::settings::blocks() path=BLOCKS content /> }
}

fn content() -> Erased {
    let query = use_query_map();
    let cursor = |list: Related| query.with_untracked(|query| query.get(list.id()));
    let (blocked, muted) = (cursor(Related::Blocks), cursor(Related::Mutes));
    view! {
        <SettingsSection id="blocks" title=text::settings::blocked()>
            <p>{text::settings::blocked_lead()}</p>
            <RelatedPeople list=Related::Blocks path=BLOCKS cursor=blocked />
        </SettingsSection>
        <SettingsSection id="mutes" title=text::settings::muted()>
            <p>{text::settings::muted_lead()}</p>
            <RelatedPeople list=Related::Mutes path=BLOCKS cursor=muted />
        </SettingsSection>
    }
    .erase()
}
