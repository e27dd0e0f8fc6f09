//! Changes to a profile: the editable fields and their validation.

use super::avatars::remote;
use super::blank;
use super::display_name::{clean, has_stacked_marks};
use crate::model::error::ApiError;
use crate::model::patch::Patch;
use crate::model::profiles;
use crate::model::profiles::{tidy_line, tidy_text};
use crate::model::validation::Problems;
use crate::text::error_responses;

/// A change to a profile: `None` leaves a field unchanged, `Some(None)` clears it.
#[derive(Clone, Default)]
pub struct Change {
    pub display_name: Option<Option<String>>,
    pub bio: Option<Option<String>>,
    pub avatar_url: Option<Option<String>>,
    pub private: Option<bool>,
    pub hide_follows: Option<bool>,
    pub discoverable: Option<bool>,
}

impl Change {
    /// Parses the fields of a request. Text without visible characters clears its field. An avatar URL is a path on
    /// this service or a URL accepted by [`remote`].
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with the invalid fields.
    pub fn parse(display_name: Patch<String>, bio: Patch<String>, avatar_url: Patch<String>) -> Result<Self, ApiError> {
        let non_empty = |text: String| (!text.is_empty()).then_some(text);
        let visible = |text: String| non_empty(blank::trim(&text).to_owned());
        // Characters that are rejected stay for the check.
        let legible = |name: String| if profiles::display_name(&name).is_ok() { clean(&name) } else { name };
        let change = Self {
            display_name: display_name
                .into_change()
                .map(|name| name.map(|name| legible(tidy_line(&name))).and_then(visible)),
            bio: bio.into_change().map(|bio| bio.map(|bio| tidy_text(&bio)).and_then(visible)),
            avatar_url: avatar_url.into_change().map(|url| url.and_then(non_empty)),
            ..Self::default()
        };
        let text = |change: &Option<Option<String>>| change.clone().flatten().unwrap_or_default();
        let mut problems = Problems::default();
        let name = problems.note("display_name", profiles::display_name(&text(&change.display_name)));
        let bio = problems.note("bio", profiles::bio(&text(&change.bio)));
        if name.is_none() || bio.is_none() {
            return Err(problems.into());
        }
        if has_stacked_marks(&text(&change.display_name)) {
            return Err(ApiError::field("display_name", error_responses::display_name_marks()));
        }
        let avatar_url = match change.avatar_url {
            Some(Some(url)) if !is_path(&url) => {
                Some(Some(remote::parse(&url).map_err(|message| ApiError::field("avatar_url", message))?.into()))
            }
            other => other,
        };
        Ok(Self { avatar_url, ..change })
    }

    /// Parses a setting that is on or off.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` for null, which is neither.
    pub fn parse_switch(field: &str, value: Patch<bool>) -> Result<Option<bool>, ApiError> {
        match value.into_change() {
            Some(None) => Err(ApiError::field(field, error_responses::invalid())),
            change => Ok(change.flatten()),
        }
    }
}

/// Returns whether an avatar URL is a path on this service.
pub fn is_path(avatar_url: &str) -> bool {
    avatar_url.starts_with('/')
}
