//! The links between the settings pages.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::text;

/// The paths of the settings pages.
pub const ACCOUNT: &str = "/settings";
pub const SECURITY: &str = "/settings/security";
pub const PRIVACY: &str = "/settings/privacy";
pub const BLOCKS: &str = "/settings/blocks";

#[component]
pub fn SettingsNav() -> impl IntoView {
    view! {
        <nav class="tabs" aria-label=text::settings::settings()>
            <A href=ACCOUNT exact=true>
                {text::settings::account()}
            </A>
            <A href=SECURITY>{text::settings::security()}</A>
            <A href=PRIVACY>{text::settings::privacy()}</A>
            <A href=BLOCKS>{text::settings::blocks()}</A>
        </nav>
    }
}
