//! The list of sessions.

use leptos::prelude::*;

use super::session_row::{SessionRow, name, row_id};
use super::settings_section::{SettingsSection, focus_heading};
use crate::api::sign_in::sessions::{EndSession, EndSessions, sessions};
use crate::app::form::form::Form;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::banner::{Banner, ErrorBanner, Kind};
use crate::app::ui::focus::focus;
use crate::app::ui::load_error::LoadError;
use crate::model::error::ApiError;
use crate::model::sign_in::SessionItem;
use crate::rest::page_data::Json;
use crate::text;
use crate::view::{Erase, condition, effect, reactive};

const ID: &str = "sessions";
/// The place that form posts return to.
const BACK: &str = "/settings/security#sessions";

/// The sessions are loaded again whenever `version` changes.
#[component]
pub fn Sessions(version: RwSignal<u32>) -> impl IntoView {
    let found = Resource::<_, Json>::new_with_options(move || version.get(), |_| sessions(), false);
    // The outcome of a form post. Taken before the rows are built, so that it is shown above the list.
    let posted = Submission::<EndSession>::start();
    let end_others = Submission::<EndSessions>::start();
    let status = RwSignal::new(match untrack(|| (posted.succeeded(), end_others.succeeded())) {
        (true, _) => text::settings::signed_out().to_owned(),
        (_, true) => text::settings::signed_out_others().to_owned(),
        _ => String::new(),
    });
    let error = RwSignal::new(untrack(|| posted.error()));
    effect(move || {
        if end_others.has_output() {
            error.set(None);
            status.set(text::settings::signed_out_others().to_owned());
            version.update(|version| *version += 1);
            focus_heading(ID);
        }
    });
    view! {
        <SettingsSection id=ID title=text::settings::sessions()>
            <p>{text::settings::sessions_lead()}</p>
            {reactive(move || {
                let status = status.get();
                (!status.is_empty()).then(|| view! { <Banner kind=Kind::Success text=status /> }.erase())
            })}
            <ErrorBanner error=Signal::derive(move || error.get().or_else(|| end_others.error())) />
            <Transition fallback=Loading>
                {move || Suspend::new(async move {
                    match found.await {
                        Ok(data) => {
                            view! { <SessionList items=data.items end_others=end_others.into() status error /> }.erase()
                        }
                        Err(error) => {
                            view! { <LoadError error retry=Callback::new(move |()| found.refetch()) /> }.erase()
                        }
                    }
                })}
            </Transition>
        </SettingsSection>
    }
}

/// Reports the outcome of each row in `status` or `error`.
#[component]
fn SessionList(
    items: Vec<SessionItem>,
    end_others: AnySubmission,
    status: RwSignal<String>,
    error: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    let items = RwSignal::new(items);
    let on_ended = Callback::new(move |outcome: Result<SessionItem, ApiError>| match outcome {
        Ok(ended) if ended.current => drop(window().location().set_href("/")),
        Ok(ended) => {
            error.set(None);
            status.set(text::settings::signed_out_device(&name(&ended.client)));
            let index = items.with_untracked(|items| items.iter().position(|item| item.id == ended.id));
            items.update(|items| items.retain(|item| item.id != ended.id));
            // Keyboard users continue at the same position in the list.
            let neighbor =
                items.with_untracked(|items| index.and_then(|index| items.get(index).or(items.last())).map(row_id));
            match neighbor {
                Some(neighbor) => focus(["#", &neighbor, " button"].concat()),
                None => focus_heading(ID),
            }
        }
        Err(failed) => {
            status.set(String::new());
            error.set(Some(failed));
        }
    });
    let has_others = condition(move || items.with(|items| items.iter().any(|item| !item.current)));
    view! {
        <ul class="sessions">
            <For
                each=move || items.get()
                key=|session| session.id
                children=move |session| view! { <SessionRow session on_ended back=BACK /> }
            />
        </ul>
        {reactive(move || {
            has_others
                .get()
                .then(|| {
                    view! {
                        <Form submission=end_others back=BACK>
                            <input type="hidden" name="including_this" value="false" />
                            <SubmitButton
                                label=text::settings::sign_out_others()
                                busy=text::settings::signing_out()
                                class="button quiet danger"
                            />
                        </Form>
                    }
                        .erase()
                })
        })}
    }
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <p class="visually-hidden" role="status">
            {text::ui::loading()}
        </p>
        <div aria-hidden="true">
            <span class="skeleton"></span>
            <span class="skeleton short"></span>
        </div>
    }
}
