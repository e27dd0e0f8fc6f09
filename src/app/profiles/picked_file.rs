//! The picture that a person has chosen, from the choice to the upload.

use leptos::html::Input;
use leptos::prelude::*;
use web_sys::{File, FileList, Url};

use crate::api::profiles::avatar::SetAvatar;
use crate::app::form::submission::Submission;
use crate::model::accounts::Me;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::profiles::AVATAR_MAX_BYTES;
use crate::rest::send::upload;

/// The picture that is chosen and not sent yet.
#[derive(Clone, Copy)]
pub struct PickedFile {
    /// The file input of the form; it holds the file.
    pub input: NodeRef<Input>,
    /// Where the browser shows the file from.
    pub preview: RwSignal<Option<String>>,
    /// Percent, while it is sent.
    pub progress: RwSignal<Option<f64>>,
    pub error: RwSignal<Option<ApiError>>,
}

impl PickedFile {
    /// Nothing yet. A plain upload that failed shows its error.
    #[must_use]
    pub fn start() -> Self {
        let sent = Submission::<SetAvatar>::start();
        let error = RwSignal::new(sent.error());
        Self { input: NodeRef::new(), preview: RwSignal::default(), progress: RwSignal::default(), error }
    }

    /// Whether there is one.
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

    /// Shows the file that the input holds now.
    pub fn show(self) {
        self.forget_preview();
        self.error.set(None);
        let Some(file) = self.file() else { return };
        let refused = if file.size() > f64::from(u32::try_from(AVATAR_MAX_BYTES).unwrap_or(u32::MAX)) {
            Some(ErrorCode::AvatarTooLarge)
        } else if matches!(file.type_().as_str(), "image/jpeg" | "image/png") {
            None
        } else {
            Some(ErrorCode::AvatarInvalid)
        };
        match refused {
            Some(code) => {
                self.clear();
                self.error.set(Some(code.into()));
            }
            None => self.preview.set(Url::create_object_url_with_blob(&file).ok()),
        }
    }

    /// Takes files that were dropped.
    pub fn take(self, files: &FileList) {
        if let Some(input) = self.input.get_untracked() {
            input.set_files(Some(files));
            self.show();
        }
    }

    /// Back to none.
    pub fn clear(self) {
        if let Some(input) = self.input.get_untracked() {
            input.set_value("");
        }
        self.forget_preview();
    }

    /// Gives back what the browser holds for the preview.
    pub fn forget_preview(self) {
        if let Some(url) = self.preview.try_update(Option::take).flatten() {
            drop(Url::revoke_object_url(&url));
        }
    }

    /// Sends it. The profile with the new picture, if all went well; the error is shown otherwise.
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
