//! Links that download the user's data.

use leptos::prelude::*;

use super::settings_section::SettingsSection;
use crate::app::page_context::PageContextStore;
use crate::app::ui::banner::ErrorBanner;
use crate::text;

/// The operation in whose name the server reports a rejected download.
const EXPORT: &str = "GET /users/me/export";

fn files() -> [(&'static str, &'static str); 3] {
    [
        ("/users/me/export", text::settings::data_all()),
        ("/users/me/export/follows.csv", text::settings::data_follows()),
        ("/users/me/export/followers.csv", text::settings::data_followers()),
    ]
}

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
        <SettingsSection id="your-data" title=text::settings::data()>
            <p>{text::settings::data_lead()}</p>
            <ErrorBanner error=Signal::derive(move || error.clone()) />
            <ul class="downloads">{files().map(link).into_view()}</ul>
        </SettingsSection>
    }
}
