//! Chooses and uploads a picture, with drag and drop, a preview before the upload, and progress.

use leptos::ev::{DragEvent, SubmitEvent};
use leptos::prelude::*;
use server_fn::ServerFn;

use super::avatar::{Avatar, LARGE};
use super::picked_file::PickedFile;
use crate::api::profiles::avatar::{RemoveAvatar, SetAvatar};
use crate::app::form::form::Form;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::banner::ErrorBanner;
use crate::model::profiles::AVATAR_FIELD;
use crate::rest::form::{BACK_FIELD, METHOD_FIELD, NEXT_FIELD};
use crate::text;
use crate::view::{Erase, effect, reactive, spawn};

/// The viewer's own picture, and the buttons that change it. Form posts return to the page `back`.
#[component]
pub fn AvatarPicker(picked: PickedFile, back: &'static str) -> impl IntoView {
    let is_dragged_over = RwSignal::new(false);
    let remove = Submission::<RemoveAvatar>::start();
    on_cleanup(move || picked.revoke_preview());
    let drag = move |event: DragEvent, is_over| {
        event.prevent_default();
        is_dragged_over.set(is_over);
    };
    let dropped = move |event: DragEvent| {
        drag(event.clone(), false);
        if let Some(files) = event.data_transfer().and_then(|data| data.files()) {
            picked.take(&files);
        }
    };
    view! {
        <div
            class="picker"
            data-over=reactive(move || is_dragged_over.get().then_some(""))
            on:dragenter=move |event| drag(event, true)
            on:dragover=move |event| drag(event, true)
            on:dragleave=move |event| drag(event, false)
            on:drop=dropped
        >
            <PicturePreview picked />
            <div>
                <p class="label">{text::profiles::picture()}</p>
                <p class="hint" id="avatar-hint">
                    {text::profiles::picture_hint()}
                </p>
                <ErrorBanner error=Signal::derive(move || picked.error.get().or_else(|| remove.error())) />
                <div class="actions">
                    <UploadForm picked back />
                    <RemoveForm picked remove back />
                </div>
                {move || {
                    let percent = picked.progress.get()?;
                    Some(
                        view! {
                            <progress
                                max="100"
                                value=percent.to_string()
                                aria-label=text::profiles::upload()
                            ></progress>
                        },
                    )
                }}
            </div>
        </div>
    }
}

/// The chosen picture, otherwise the current one.
#[component]
fn PicturePreview(picked: PickedFile) -> impl IntoView {
    let user = CurrentUser::expect();
    move || match (picked.preview.get(), user.get()) {
        (Some(url), _) => view! {
            <span class=LARGE>
                <img src=url alt=text::profiles::preview() />
            </span>
        }
        .erase(),
        (None, Some(me)) => {
            let name = me.profile.name().to_owned();
            view! { <Avatar id=me.profile.id name url=me.profile.avatar_url class=LARGE /> }.erase()
        }
        (None, None) => ().erase(),
    }
}

/// Chooses and uploads a file. The plain HTML form names its method and pages in the query, since its body is a file.
#[component]
fn UploadForm(picked: PickedFile, back: &'static str) -> impl IntoView {
    let user = CurrentUser::expect();
    let hydrated = RwSignal::new(false);
    effect(move || hydrated.set(true));
    let method = Submission::<SetAvatar>::method();
    let action = format!("{}?{METHOD_FIELD}={method}&{BACK_FIELD}={back}&{NEXT_FIELD}={back}", SetAvatar::PATH);
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        if picked.is_some() && !picked.is_sending() {
            spawn(async move {
                if let Some(me) = picked.send().await {
                    user.set(me);
                }
            });
        }
    };
    view! {
        <form method="post" action=action enctype="multipart/form-data" class="actions" on:submit=send>
            <input
                class="visually-hidden"
                type="file"
                id=AVATAR_FIELD
                name=AVATAR_FIELD
                accept="image/jpeg,image/png"
                aria-describedby="avatar-hint"
                node_ref=picked.input
                on:change=move |_| picked.show()
            />
            <label class="button quiet" for=AVATAR_FIELD>
                {text::profiles::choose()}
            </label>
            <button
                class="button"
                hidden=reactive(move || hydrated.get() && !picked.is_some())
                aria-disabled=reactive(move || picked.is_sending().then_some("true"))
                aria-busy=reactive(move || picked.is_sending().then_some("true"))
            >
                {reactive(move || {
                    if picked.is_sending() { text::profiles::uploading() } else { text::profiles::upload_picture() }
                })}
            </button>
            <button
                class="button quiet"
                type="button"
                hidden=reactive(move || !picked.is_some() || picked.is_sending())
                on:click=move |_| picked.clear()
            >
                {text::profiles::keep()}
            </button>
        </form>
    }
}

/// Removes the current picture, if there is one.
#[component]
fn RemoveForm(picked: PickedFile, remove: Submission<RemoveAvatar>, back: &'static str) -> impl IntoView {
    let user = CurrentUser::expect();
    effect(move || {
        if remove.has_output()
            && let Some(mut me) = user.get_untracked()
        {
            me.profile.avatar_url = None;
            user.set(me);
        }
    });
    let can_remove =
        Memo::new(move |_| user.get().is_some_and(|me| me.profile.avatar_url.is_some()) && !picked.is_some());
    move || {
        can_remove.get().then(|| {
            view! {
                <Form submission=remove back=back next=back>
                    <SubmitButton label=text::form::remove() busy=text::form::removing() class="button quiet danger" />
                </Form>
            }
        })
    }
}
