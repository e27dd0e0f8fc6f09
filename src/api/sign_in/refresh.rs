//! `POST /auth/refresh` (USER-BE-002.2).

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::sign_in::AccessToken;
use crate::rest::verb::{Post, Rest};

/// Exchanges the refresh token in the cookie for a new access token, and replaces the cookie. Returns 200. Open to
/// visitors.
///
/// # Errors
/// 401 `INVALID_REFRESH_TOKEN`; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/auth/refresh", protocol = Rest<Post>)]
pub async fn refresh() -> Result<AccessToken, ApiError> {
    use http::request::Parts;

    use crate::api::request::context::context;
    use crate::api::request::origin::start;
    use crate::api::request::{cookies, throttle};
    use crate::domain::sign_in::rotation;
    use crate::model::error::ErrorCode;

    throttle::throttle(&throttle::REFRESH).await?;
    let context = context();
    let presented = cookies::refresh_token(&context.database, context.sign_in_days, &expect_context::<Parts>()).await?;
    let presented = presented.ok_or(ErrorCode::InvalidRefreshToken)?;
    let session = rotation::rotate(&context.database, &start(), &presented).await?;
    let token = context.token_keys.sign(&session.subject, &session.proof, context.database.now())?;
    cookies::continue_session(&session).await?;
    cookies::set_refresh_token(&session);
    Ok(token)
}
