//! What an upload of a picture needs before its body is read.

use leptos::prelude::expect_context;

use super::avatar::SetAvatar;
use super::{caller, throttle};
use crate::rest::error::ApiError;
use crate::rest::receive::Admission;
use crate::server::state::AppState;
use crate::server::uploads::Place;

impl Admission for SetAvatar {
    type Place = Place;

    async fn admit() -> Result<Place, ApiError> {
        let id = caller::user().await?;
        // First what costs no try.
        let place = expect_context::<AppState>().uploads.take(id)?;
        throttle::throttle_user(&throttle::AVATAR, id).await?;
        Ok(place)
    }
}
