//! `/settings/privacy`: who may follow the user, who sees their lists, and who finds them.

use leptos::prelude::*;

use super::settings_nav::PRIVACY;
use super::settings_page::SettingsPage;
use super::settings_section::SettingsSection;
use crate::api::profiles::me::me;
use crate::api::profiles::update_me::UpdateMe;
use crate::app::form::form::Form;
use crate::app::form::sign_in_again::sign_in_again;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::load_error::LoadError;
use crate::model::accounts::Privacy;
use crate::model::error::ApiError;
use crate::model::patch::Patch;
use crate::rest::form::Fields;
use crate::rest::page_data::Json;
use crate::text;
use crate::view::{Erase, Erased, effect, reactive};

/// The place that form posts return to.
const BACK: &str = "/settings/privacy#privacy";

#[component]
pub fn PrivacyPage() -> impl IntoView {
    view! { <SettingsPage title=text::settings::privacy() path=PRIVACY content /> }
}

fn content() -> Erased {
    // The outcome of a form post. Taken with the page: what waits for the settings can run again.
    let posted = StoredValue::new(untrack(|| Submission::<UpdateMe>::start().error()));
    let found = Resource::<_, Json>::new_with_options(|| (), |()| async { me().await.map(|me| me.privacy) }, false);
    view! {
        <SettingsSection id="privacy" title=text::settings::privacy()>
            <Suspense fallback=|| ()>
                {move || Suspend::new(async move {
                    match found.await {
                        Ok(privacy) => view! { <Switches privacy posted=posted.get_value() /> }.erase(),
                        Err(error) => {
                            view! { <LoadError error retry=Callback::new(move |()| found.refetch()) /> }.erase()
                        }
                    }
                })}
            </Suspense>
        </SettingsSection>
    }
    .erase()
}

/// A setting, by the name of its field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Setting {
    Private,
    HideFollows,
    Discoverable,
}

impl Setting {
    const fn field(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::HideFollows => "hide_follows",
            Self::Discoverable => "discoverable",
        }
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Private => (text::settings::private(), text::settings::private_lead()),
            Self::HideFollows => (text::settings::hide_follows(), text::settings::hide_follows_lead()),
            Self::Discoverable => (text::settings::discoverable(), text::settings::discoverable_lead()),
        }
    }

    fn change(self, on: bool) -> UpdateMe {
        let none = UpdateMe {
            display_name: Patch::Absent,
            bio: Patch::Absent,
            avatar_url: Patch::Absent,
            private: Patch::Absent,
            hide_follows: Patch::Absent,
            discoverable: Patch::Absent,
        };
        match self {
            Self::Private => UpdateMe { private: Patch::Value(on), ..none },
            Self::HideFollows => UpdateMe { hide_follows: Patch::Value(on), ..none },
            Self::Discoverable => UpdateMe { discoverable: Patch::Value(on), ..none },
        }
    }
}

#[component]
fn Switches(privacy: Privacy, posted: Option<ApiError>) -> impl IntoView {
    let error = RwSignal::new(posted);
    let is_private = RwSignal::new(privacy.private);
    view! {
        <ErrorBanner error=Signal::derive(move || error.get()) />
        {switch(Setting::Private, is_private, error)}
        {reactive(move || {
            is_private
                .get()
                .then(|| {
                    view! {
                        <p>
                            <a href="/follow-requests">{text::graph::requests()}</a>
                        </p>
                    }
                        .erase()
                })
        })}
        {switch(Setting::HideFollows, RwSignal::new(privacy.hide_follows), error)}
        {switch(Setting::Discoverable, RwSignal::new(privacy.discoverable), error)}
    }
}

/// A setting that is on or off, with a button that changes it.
fn switch(setting: Setting, on: RwSignal<bool>, error: RwSignal<Option<ApiError>>) -> Erased {
    let change = Submission::<UpdateMe>::start();
    sign_in_again(change);
    effect(move || {
        if change.has_output() {
            error.set(None);
            on.update(|on| *on = !*on);
        } else if change.error().is_some() {
            error.set(change.error());
        }
    });
    let send = Callback::new(move |_: Fields| change.send(&setting.change(!on.get_untracked())));
    let (title, lead) = setting.texts();
    let title_id = ["privacy-", setting.field()].concat();
    let described_by = StoredValue::new(title_id.clone());
    view! {
        <div class="switch">
            <div>
                <h3 id=title_id>{title}</h3>
                <p class="hint">{lead}</p>
            </div>
            {reactive(move || {
                let is_on = on.get();
                let label = if is_on { text::settings::turn_off() } else { text::settings::turn_on() };
                view! {
                    <Form submission=change back=BACK on_submit=send>
                        <input type="hidden" name=setting.field() value=(!is_on).to_string() />
                        <SubmitButton
                            label
                            busy=text::settings::saving()
                            class="button quiet"
                            described_by=described_by.get_value()
                        />
                    </Form>
                }
                    .erase()
            })}
        </div>
    }
    .erase()
}
