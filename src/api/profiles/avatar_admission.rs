//! Checks an upload of a picture before its body is read.

use super::avatar::SetAvatar;
use crate::api::request::context::context;
use crate::api::request::uploads::UploadSlot;
use crate::api::request::{caller, throttle};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::profiles::{AVATAR_FIELD, AVATAR_MAX_BYTES};
use crate::rest::server::receive::{Admission, FileRules};

impl Admission for SetAvatar {
    const FILE: FileRules =
        FileRules { field: AVATAR_FIELD, max: AVATAR_MAX_BYTES, too_large: ErrorCode::AvatarTooLarge };

    type Slot = UploadSlot;

    async fn admit() -> Result<UploadSlot, ApiError> {
        let user = caller::user().await?;
        // Checked first, since it does not count against the rate limit.
        let slot = context().uploads.take(user.id)?;
        throttle::throttle_user(&throttle::AVATAR, user.id).await?;
        Ok(slot)
    }
}
