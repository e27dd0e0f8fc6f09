//! The `ETag` of one's own profile, on every answer that holds it.

use http::HeaderValue;
use http::header::ETAG;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use crate::domain::profiles::profile;
use crate::model::accounts::Me;

/// Names the state of the profile that is answered with, for `If-None-Match` and `If-Match`.
pub fn set(me: &Me) {
    if let Ok(tag) = HeaderValue::from_str(&profile::etag(me)) {
        expect_context::<ResponseOptions>().insert_header(ETAG, tag);
    }
}
