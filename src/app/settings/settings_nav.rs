//! The links between the settings pages.

use leptos::prelude::*;

use crate::app::ui::nav_link::NavLink;
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
            <NavLink href=ACCOUNT exact=true>
                {text::settings::account()}
            </NavLink>
            <NavLink href=SECURITY>{text::settings::security()}</NavLink>
            <NavLink href=PRIVACY>{text::settings::privacy()}</NavLink>
            <NavLink href=BLOCKS>{text::settings::blocks()}</NavLink>
        </nav>
    }
}
