//! Changes the email address, with a link that is mailed to the new one.

use leptos::html::Input;
use leptos::prelude::*;

use super::current_password_field::CurrentPasswordField;
use super::settings_section::{SettingsSection, focus_heading};
use crate::api::accounts::change_email::{CancelEmailChange, ChangeEmail};
use crate::app::form::clear_password::clear;
use crate::app::form::field::Field;
use crate::app::form::form::Form;
use crate::app::form::sign_in_again::sign_in_again;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::form::submit_button::SubmitButton;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::banner::{ErrorBanner, SuccessBanner};
use crate::model::accounts::Me;
use crate::model::email;
use crate::rest::form::Fields;
use crate::text;
use crate::view::{Erase, condition, effect, reactive};

const ID: &str = "change-email";
/// The place that form posts return to.
const BACK: &str = "/settings#change-email";

#[component]
pub fn EmailForm() -> impl IntoView {
    let user = CurrentUser::expect();
    let change = Submission::<ChangeEmail>::start();
    let cancel = Submission::<CancelEmailChange>::start();
    let requested = StoredValue::new(String::new());
    let (address, password): (NodeRef<Input>, NodeRef<Input>) = (NodeRef::new(), NodeRef::new());
    let set_pending = move |pending: Option<String>| {
        if let Some(me) = user.get_untracked() {
            user.set(Me { pending_email: pending, ..me });
        }
    };
    sign_in_again(change);
    effect(move || {
        if change.has_output() {
            set_pending(Some(requested.get_value()));
            clear(address);
            clear(password);
        }
    });
    effect(move || {
        if cancel.has_output() {
            set_pending(None);
            focus_heading(ID);
        }
    });
    let send = Callback::new(move |typed: Fields| {
        requested.set_value(typed.get("email").map(|email| email.trim().to_owned()).unwrap_or_default());
        change.send(&typed);
    });
    let is_pending = condition(move || user.get().is_some_and(|me| me.pending_email.is_some()));
    let current = move || user.get().map(|me| me.email);
    view! {
        <SettingsSection id=ID title=text::settings::email()>
            <p>{text::settings::email_is()} <strong>{reactive(current)}</strong> {text::settings::email_is_end()}</p>
            <SuccessBanner
                when=Signal::derive(move || is_pending.get() && change.succeeded())
                text=text::settings::email_sent()
            />
            <SuccessBanner
                when=Signal::derive(move || !is_pending.get() && cancel.succeeded())
                text=text::settings::email_canceled()
            />
            <ErrorBanner error=Signal::derive(move || change.error().or_else(|| cancel.error())) />
            {reactive(move || is_pending.get().then(|| view! { <PendingChange cancel=cancel.into() /> }.erase()))}
            <Form submission=change back=BACK on_submit=send>
                <Field
                    name="email"
                    label=text::settings::email_new()
                    rule=email::check
                    kind="email"
                    autocomplete="email"
                    node=address
                />
                <CurrentPasswordField submission=change id="email-password" node=password />
                <SubmitButton label=text::settings::email_button() busy=text::form::sending() class="button" />
            </Form>
        </SettingsSection>
    }
}

/// The new address that waits for its confirmation, and a button that cancels the change.
#[component]
fn PendingChange(cancel: AnySubmission) -> impl IntoView {
    let user = CurrentUser::expect();
    let pending = move || user.get().and_then(|me| me.pending_email);
    view! {
        <div class="pending">
            <p>
                {text::settings::email_pending()} <strong>{reactive(pending)}</strong>
                {text::settings::email_pending_end()}
            </p>
            <Form submission=cancel back=BACK>
                <SubmitButton
                    label=text::settings::email_cancel()
                    busy=text::settings::email_canceling()
                    class="button quiet"
                />
            </Form>
        </div>
    }
}
