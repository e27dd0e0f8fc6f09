//! The `ETag` of the caller's own profile, on every response that contains it.

use http::HeaderValue;
use http::header::ETAG;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use crate::domain::profiles::profile;
use crate::model::accounts::Me;

/// Sets the `ETag` of the profile in the response, for `If-None-Match` and `If-Match`.
pub fn set(me: &Me) {
    if let Ok(tag) = HeaderValue::from_str(&profile::etag(me)) {
        expect_context::<ResponseOptions>().insert_header(ETAG, tag);
    }
}
