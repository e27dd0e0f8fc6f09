//! Changes the username.

use leptos::prelude::*;

use super::settings_section::SettingsSection;
use crate::api::accounts::change_username::ChangeUsername;
use crate::app::accounts::username_field::UsernameField;
use crate::app::form::form::Form;
use crate::app::form::sign_in_again::sign_in_again;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::banner::{ErrorBanner, SuccessBanner};
use crate::rest::form::Fields;
use crate::text;
use crate::view::{Erase, effect, reactive};

/// The place that form posts return to.
const BACK: &str = "/settings#change-username";

#[component]
pub fn UsernameForm() -> impl IntoView {
    let user = CurrentUser::expect();
    let change = Submission::<ChangeUsername>::start();
    sign_in_again(change);
    effect(move || {
        if let Some(me) = change.output() {
            user.set(me);
        }
    });
    let current = user.get_untracked().map(|me| me.profile.username).unwrap_or_default();
    let initial = Fields::from([("username".to_owned(), current)]);
    let changeable = move || {
        let day = user.get()?.username_changeable_at?.day();
        Some(view! { <p class="muted">{text::settings::username_changeable(&day)}</p> }.erase())
    };
    view! {
        <SettingsSection id="change-username" title=text::settings::username()>
            <p>{text::settings::username_lead()}</p>
            <SuccessBanner when=Signal::derive(move || change.succeeded()) text=text::settings::username_changed() />
            <ErrorBanner error=Signal::derive(move || change.error()) />
            {reactive(changeable)}
            <Form submission=change back=BACK initial>
                <UsernameField />
                <SubmitButton label=text::settings::username_button() busy=text::settings::saving() class="button" />
            </Form>
        </SettingsSection>
    }
}
