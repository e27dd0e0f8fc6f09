//! Links that download the user's data.

use leptos::prelude::*;

use super::settings_section::SettingsSection;
use crate::app::page_context::PageContextStore;
use crate::app::ui::banner::ErrorBanner;
use crate::text;

/// The operation in whose name the server reports a rejected download.
const EXPORT: &str = "GET /users/me/export";

const FILES: [(&str, &str); 3] = [
    ("/users/me/export", text::settings::DATA_ALL),
    ("/users/me/export/follows.csv", text::settings::DATA_FOLLOWS),
    ("/users/me/export/followers.csv", text::settings::DATA_FOLLOWERS),
];

/// Plain links. They have no `download` attribute: unless the sign-in is recent, the response is a redirect to a page,
/// which the browser would save as a file. A download that is rejected leads back to this section.
#[component]
pub fn ExportLinks() -> impl IntoView {
    let error = PageContextStore::take_flash(EXPORT).and_then(|flash| flash.error);
    let link = |(path, label): (&'static str, &'static str)| {
        view! {
            <li>
                <a href=path rel="external">
                    {label}
                </a>
            </li>
        }
    };
    view! {
        <SettingsSection id="your-data" title=text::settings::DATA>
            <p>{text::settings::DATA_LEAD}</p>
            <ErrorBanner error=Signal::derive(move || error.clone()) />
            <ul class="downloads">{FILES.map(link).into_view()}</ul>
        </SettingsSection>
    }
}
