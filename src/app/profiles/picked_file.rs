//! The picture that a user has chosen, from the choice to the upload.

use leptos::html::Input;
use leptos::prelude::*;
use web_sys::{File, FileList, Url};

use crate::api::profiles::avatar::SetAvatar;
use crate::app::form::submission::Submission;
use crate::model::accounts::Me;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::profiles::AVATAR_MAX_BYTES;
use crate::rest::send::upload;

/// A picture that is chosen but not uploaded yet.
#[derive(Clone, Copy)]
pub struct PickedFile {
    /// The form's file input, which holds the file.
    pub input: NodeRef<Input>,
    /// The object URL of the file.
    pub preview: RwSignal<Option<String>>,
    /// The percentage sent, during an upload.
    pub progress: RwSignal<Option<f64>>,
    pub error: RwSignal<Option<ApiError>>,
}

impl PickedFile {
    /// Starts without a file. Shows the error of the form post that led to this page, if any.
    #[must_use]
    pub fn start() -> Self {
        let posted = Submission::<SetAvatar>::start();
        let error = RwSignal::new(posted.error());
        Self { input: NodeRef::new(), preview: RwSignal::default(), progress: RwSignal::default(), error }
    }

    /// Returns whether a file is chosen.
    #[must_use]
    pub fn is_some(self) -> bool {
        self.preview.with(Option::is_some)
    }

    #[must_use]
    pub fn is_sending(self) -> bool {
        self.progress.with(Option::is_some)
    }

    fn file(self) -> Option<File> {
        self.input.get_untracked()?.files()?.item(0)
    }

    /// Checks the file in the input, and shows its preview or an error.
    pub fn show(self) {
        self.revoke_preview();
        self.error.set(None);
        let Some(file) = self.file() else { return };
        let error = if file.size() > f64::from(u32::try_from(AVATAR_MAX_BYTES).unwrap_or(u32::MAX)) {
            Some(ErrorCode::AvatarTooLarge)
        } else if matches!(file.type_().as_str(), "image/jpeg" | "image/png") {
            None
        } else {
            Some(ErrorCode::AvatarInvalid)
        };
        match error {
            Some(code) => {
                self.clear();
                self.error.set(Some(code.into()));
            }
            None => self.preview.set(Url::create_object_url_with_blob(&file).ok()),
        }
    }

    /// Takes dropped files.
    pub fn take(self, files: &FileList) {
        if let Some(input) = self.input.get_untracked() {
            input.set_files(Some(files));
            self.show();
        }
    }

    /// Discards the file.
    pub fn clear(self) {
        if let Some(input) = self.input.get_untracked() {
            input.set_value("");
        }
        self.revoke_preview();
    }

    /// Releases the object URL of the preview.
    pub fn revoke_preview(self) {
        if let Some(url) = self.preview.try_update(Option::take).flatten() {
            drop(Url::revoke_object_url(&url));
        }
    }

    /// Uploads the file. Returns the profile with the new picture, or shows the error.
    pub async fn send(self) -> Option<Me> {
        let file = self.file()?;
        self.error.set(None);
        self.progress.set(Some(0.0));
        let outcome = upload::<SetAvatar>(&file, move |percent| {
            self.progress.try_update(|progress| *progress = Some(percent));
        })
        .await;
        self.progress.try_set(None);
        match outcome {
            Ok(me) => {
                self.clear();
                Some(me)
            }
            Err(error) => {
                self.error.try_set(Some(error));
                None
            }
        }
    }
}
