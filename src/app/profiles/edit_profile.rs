//! Edits the viewer's own profile in place (USER-FE-003.2).

use leptos::html::Input;
use leptos::prelude::*;

use super::avatar_picker::AvatarPicker;
use super::picked_file::PickedFile;
use crate::api::profiles::update_me::UpdateMe;
use crate::app::form::field::Field;
use crate::app::form::form::Form;
use crate::app::form::sign_in_again::{is_signed_out, sign_in_again};
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::form::text_area::TextArea;
use crate::app::form::unsaved;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::banner::ErrorBanner;
use crate::model::accounts::Me;
use crate::model::patch::Patch;
use crate::model::profiles;
use crate::model::profiles::{BIO_MAX, Profile, tidy_line, tidy_text};
use crate::rest::form::Fields;
use crate::text;
use crate::view::{effect, spawn};

/// The pages that a form post redirects to: on an error, and on success.
const EDIT: &str = "/profile?edit=1";
const SHOW: &str = "/profile";

/// The form. `close` is called when everything is saved, or on cancel.
#[component]
pub fn EditProfile(me: Me, close: Callback<()>) -> impl IntoView {
    let user = CurrentUser::expect();
    let update = Submission::<UpdateMe>::start();
    let picked = PickedFile::start();
    let Profile { display_name, bio, .. } = me.profile;
    let original = StoredValue::new((display_name.clone().unwrap_or_default(), bio.clone().unwrap_or_default()));
    let touched = RwSignal::new(false);
    unsaved::guard(Signal::derive(move || !is_signed_out(update) && (touched.get() || picked.is_some())));
    sign_in_again(update);
    effect(move || {
        if let Some(me) = update.output() {
            user.set(me);
            touched.set(false);
            close.run(());
        }
    });
    let save = Callback::new(move |typed: Fields| {
        let changed = original.with_value(|(name, bio)| only_changed(&typed, name, bio));
        let finish = move || {
            if let Some(changed) = changed {
                update.send(&changed);
            } else {
                touched.set(false);
                close.run(());
            }
        };
        if picked.is_sending() {
            return;
        }
        if !picked.is_some() {
            return finish();
        }
        spawn(async move {
            if let Some(me) = picked.send().await {
                user.set(me);
                finish();
            }
        });
    });
    let first_field: NodeRef<Input> = NodeRef::new();
    effect(move || {
        if let Some(field) = first_field.get() {
            drop(field.focus());
        }
    });
    let initial = Fields::from([
        ("display_name".to_owned(), display_name.unwrap_or_default()),
        ("bio".to_owned(), bio.unwrap_or_default()),
    ]);
    view! {
        <section class="card" aria-label=text::profiles::edit()>
            <h1>{text::profiles::edit()}</h1>
            <AvatarPicker picked back=EDIT />
            <ErrorBanner error=Signal::derive(move || update.error()) />
            <div on:input=move |_| touched.set(true)>
                <Form submission=update back=EDIT next=SHOW initial on_submit=save>
                    <Field
                        name="display_name"
                        label=text::profiles::display_name()
                        rule=profiles::display_name
                        autocomplete="name"
                        required=false
                        node=first_field
                        hint=text::profiles::display_name_hint()
                    />
                    <TextArea name="bio" label=text::profiles::bio() rule=profiles::bio max=BIO_MAX />
                    <div class="actions">
                        <SubmitButton label=text::profiles::save() busy=text::profiles::saving() class="button" />
                        <a
                            class="button quiet"
                            href=SHOW
                            rel="external"
                            on:click=move |event| {
                                event.prevent_default();
                                event.stop_propagation();
                                close.run(());
                            }
                        >
                            {text::profiles::cancel()}
                        </a>
                    </div>
                </Form>
            </div>
        </section>
    }
}

/// Returns the fields that differ from the profile, if any.
fn only_changed(typed: &Fields, name: &str, bio: &str) -> Option<UpdateMe> {
    let changed = |field: &str, tidy: fn(&str) -> String, old: &str| match tidy(typed.get(field)?) {
        text if text == old => None,
        text if text.is_empty() => Some(Patch::Null),
        text => Some(Patch::Value(text)),
    };
    let display_name = changed("display_name", tidy_line, name).unwrap_or_default();
    let bio = changed("bio", tidy_text, bio).unwrap_or_default();
    let is_same = display_name == Patch::Absent && bio == Patch::Absent;
    (!is_same).then_some(UpdateMe {
        display_name,
        bio,
        avatar_url: Patch::Absent,
        private: Patch::Absent,
        hide_follows: Patch::Absent,
        discoverable: Patch::Absent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_fields_are_sent() {
        let typed = |display_name: &str, bio: &str| {
            Fields::from([("display_name".to_owned(), display_name.to_owned()), ("bio".to_owned(), bio.to_owned())])
        };
        assert!(only_changed(&typed(" Ann ", "a\r\nb"), "Ann", "a\nb").is_none());
        assert!(only_changed(&typed("", ""), "", "").is_none());
        let changed = only_changed(&typed("", "new"), "Ann", "new").unwrap();
        assert_eq!((changed.display_name, changed.bio), (Patch::Null, Patch::Absent));
    }
}
