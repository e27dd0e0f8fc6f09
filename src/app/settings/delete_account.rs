//! Deletes the account.

use leptos::prelude::*;

use super::current_password_field::CurrentPasswordField;
use super::settings_section::SettingsSection;
use crate::api::accounts::deletion::RequestDeletion;
use crate::app::form::form::Form;
use crate::app::form::sign_in_again::sign_in_again;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::banner::ErrorBanner;
use crate::text;
use crate::view::effect;

/// The place that a failed form post returns to.
const BACK: &str = "/settings#delete-account";
/// The page that opens after success.
const NEXT: &str = "/account-deleted";

#[component]
pub fn DeleteAccount() -> impl IntoView {
    let delete = Submission::<RequestDeletion>::start();
    // All sessions have ended: the server renders the next page for a visitor.
    sign_in_again(delete);
    effect(move || {
        if delete.has_output() {
            drop(window().location().set_href(NEXT));
        }
    });
    let has_failed = untrack(|| delete.error().is_some());
    view! {
        <SettingsSection id="delete-account" title=text::settings::delete()>
            <p>{text::settings::delete_lead()}</p>
            <ul class="bullets">
                {text::settings::delete_effects().map(|effect| view! { <li>{effect}</li> }).into_view()}
            </ul>
            <details open=has_failed>
                <summary>{text::settings::delete_open()}</summary>
                <ErrorBanner error=Signal::derive(move || delete.error()) />
                <Form submission=delete back=BACK next=NEXT>
                    <CurrentPasswordField submission=delete id="delete-password" />
                    <SubmitButton
                        label=text::settings::delete_button()
                        busy=text::settings::deleting()
                        class="button danger"
                    />
                </Form>
            </details>
        </SettingsSection>
    }
}
