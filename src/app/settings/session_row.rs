//! A session in the list.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::api::sign_in::sessions::EndSession;
use crate::app::form::form::Form;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::model::error::ApiError;
use crate::model::sign_in::{ClientName, SessionItem};
use crate::text;
use crate::view::effect;

/// The session and a button that ends it. `on_ended` is called with the outcome. A form post returns to `back`.
#[component]
pub fn SessionRow(
    session: SessionItem,
    on_ended: Callback<Result<SessionItem, ApiError>>,
    back: &'static str,
) -> impl IntoView {
    let end = Submission::<EndSession>::start();
    let name = name(&session.client);
    let id = session.id.to_string();
    let (row_id, name_id) = (row_id(&session), format!("session-{id}-name"));
    let action = EndSession::PATH.replace("{id}", &id);
    let next = if session.current { "/" } else { back };
    let last_used = [text::settings::last_used(), &session.last_seen_at.minute()].concat();
    let signed_in = [text::settings::signed_in(), &session.created_at.minute()].concat();
    let address = session.ip.as_ref().map(|ip| [text::settings::ip_address(), ip].concat());
    let is_current = session.current;
    effect(move || {
        if end.has_output() {
            on_ended.run(Ok(session.clone()));
        } else if let Some(error) = end.error() {
            on_ended.run(Err(error));
        }
    });
    view! {
        <li id=row_id>
            <div>
                <p>
                    <b id=name_id.clone()>{name}</b>
                    {is_current.then(|| view! { <small class="note">{text::settings::this_device()}</small> })}
                </p>
                <p class="hint">{last_used}</p>
                <p class="hint">{signed_in}</p>
                {address.map(|address| view! { <p class="hint">{address}</p> })}
            </div>
            <Form submission=end action back next>
                <input type="hidden" name="id" value=id />
                <SubmitButton
                    label=text::sign_in::sign_out()
                    busy=text::settings::signing_out()
                    class="button quiet"
                    described_by=name_id
                />
            </Form>
        </li>
    }
}

/// Returns the id of the row's element.
#[must_use]
pub fn row_id(session: &SessionItem) -> String {
    format!("session-{}", session.id)
}

/// Returns what is known about the browser, such as “Firefox on Windows”.
#[must_use]
pub fn name(client: &ClientName) -> String {
    match (&client.browser, &client.system) {
        (Some(browser), Some(system)) => [browser, text::settings::on_system(), system].concat(),
        (Some(known), None) | (None, Some(known)) => known.clone(),
        (None, None) => text::settings::unknown_browser().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_after_what_is_known_about_its_browser() {
        let named = |browser: Option<&str>, system: Option<&str>| {
            name(&ClientName { browser: browser.map(ToOwned::to_owned), system: system.map(ToOwned::to_owned) })
        };
        assert_eq!(named(Some("Firefox"), Some("Windows")), "Firefox on Windows");
        assert_eq!(named(Some("Firefox"), None), "Firefox");
        assert_eq!(named(None, Some("Windows")), "Windows");
        assert_eq!(named(None, None), "Unknown browser");
    }
}
