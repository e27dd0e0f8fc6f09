//! Empties password fields.

use leptos::html::Input;
use leptos::prelude::*;

use super::submission::AnySubmission;
use crate::model::error::ErrorCode;
use crate::view::effect;

/// Empties the field.
pub fn clear(field: NodeRef<Input>) {
    if let Some(input) = field.get_untracked() {
        input.set_value("");
    }
}

/// Empties the field and moves the focus to it whenever the server rejects the current password, or requires it.
pub fn clear_rejected(submission: AnySubmission, field: NodeRef<Input>) {
    effect(move || {
        let code = submission.error().map(|error| error.code);
        if matches!(code, Some(ErrorCode::WrongPassword | ErrorCode::ReauthenticationRequired)) {
            clear(field);
            if let Some(input) = field.get_untracked() {
                drop(input.focus());
            }
        }
    });
}
