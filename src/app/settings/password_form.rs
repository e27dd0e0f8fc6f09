//! Changes the password.

use leptos::html::Input;
use leptos::prelude::*;

use super::current_password_field::CurrentPasswordField;
use super::settings_section::SettingsSection;
use crate::api::accounts::change_password::ChangePassword;
use crate::app::form::clear_password::clear;
use crate::app::form::form::Form;
use crate::app::form::password_field::PasswordField;
use crate::app::form::sign_in_again::sign_in_again;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::banner::{ErrorBanner, SuccessBanner};
use crate::model::password;
use crate::text;
use crate::view::effect;

/// The place that form posts return to.
const BACK: &str = "/settings/security#change-password";

/// `on_changed` is called after a change, which ends all other sessions.
#[component]
pub fn PasswordForm(on_changed: Callback<()>) -> impl IntoView {
    let change = Submission::<ChangePassword>::start();
    let (current, new): (NodeRef<Input>, NodeRef<Input>) = (NodeRef::new(), NodeRef::new());
    sign_in_again(change);
    effect(move || {
        if change.has_output() {
            clear(current);
            clear(new);
            on_changed.run(());
        }
    });
    view! {
        <SettingsSection id="change-password" title=text::settings::password()>
            <p>{text::settings::password_lead()}</p>
            <SuccessBanner
                when=Signal::derive(move || change.succeeded())
                text=text::settings::password_changed()
                note=text::settings::password_changed_next()
            />
            <ErrorBanner error=Signal::derive(move || change.error()) />
            <Form submission=change back=BACK>
                <CurrentPasswordField submission=change id="current-password" required=true node=current />
                <PasswordField
                    label=text::links::new_password()
                    of_password=text::links::of_new_password()
                    rule=password::check_new
                    autocomplete="new-password"
                    hint=text::accounts::password_hint()
                    node=new
                />
                <SubmitButton label=text::settings::password_button() busy=text::settings::saving() class="button" />
            </Form>
        </SettingsSection>
    }
}
