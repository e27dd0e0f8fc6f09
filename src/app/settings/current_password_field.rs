//! The field for the current password, which confirms a change.

use leptos::html::Input;
use leptos::prelude::*;

use crate::app::form::clear_password::clear_rejected;
use crate::app::form::password_field::PasswordField;
use crate::app::form::submission::AnySubmission;
use crate::model::password;
use crate::model::validation::Rule;
use crate::text;

/// The field `current_password`. Unless `required`, a recent sign-in is enough. It is emptied when the server rejects
/// the password.
#[component]
pub fn CurrentPasswordField(
    #[prop(into)] submission: AnySubmission,
    id: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional)] node: NodeRef<Input>,
) -> impl IntoView {
    clear_rejected(submission, node);
    let rule: Rule = if required { password::check_typed } else { |_| Ok(()) };
    view! {
        <PasswordField
            name="current_password"
            id
            label=text::settings::current_password()
            of_password=text::settings::of_current_password()
            rule
            autocomplete="current-password"
            hint=if required { "" } else { text::settings::current_password_hint() }
            required
            node
        />
    }
}
