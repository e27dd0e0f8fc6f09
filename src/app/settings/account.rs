//! `/settings`: the email address, the username, the user's data, and deleting the account.

use leptos::prelude::*;

use super::delete_account::DeleteAccount;
use super::email_form::EmailForm;
use super::export_links::ExportLinks;
use super::settings_nav::ACCOUNT;
use super::settings_page::SettingsPage;
use super::username_form::UsernameForm;
use crate::text;
use crate::view::{Erase, Erased};

#[component]
pub fn Account() -> impl IntoView {
    view! { <SettingsPage title=text::settings::account() path=ACCOUNT content /> }
}

fn content() -> Erased {
    view! {
        <EmailForm />
        <UsernameForm />
        <ExportLinks />
        <DeleteAccount />
    }
    .erase()
}
