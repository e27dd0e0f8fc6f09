//! `/settings/security`: the password and the sessions.

use leptos::prelude::*;

use super::password_form::PasswordForm;
use super::sessions::Sessions;
use super::settings_nav::SECURITY;
use super::settings_page::SettingsPage;
use crate::text;
use crate::view::{Erase, Erased};

#[component]
pub fn Security() -> impl IntoView {
    view! { <SettingsPage title=text::settings::security() path=SECURITY content /> }
}

fn content() -> Erased {
    // A new password ends other sessions.
    let version = RwSignal::new(0);
    view! {
        <PasswordForm on_changed=Callback::new(move |()| version.update(|version| *version += 1)) />
        <Sessions version />
    }
    .erase()
}
