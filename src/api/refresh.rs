//! `POST /auth/refresh` (USER-BE-002.2).

use leptos::prelude::*;

use crate::model::tokens::AccessToken;
use crate::rest::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Exchanges the refresh token in the cookie for a new access token; the cookie is replaced. 200.
///
/// # Errors
/// 401 `INVALID_REFRESH_TOKEN`; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/auth/refresh", protocol = Rest<Post>)]
pub async fn refresh() -> Result<AccessToken, ApiError> {
    use http::request::Parts;

    use crate::api::{cookies, throttle};
    use crate::domain::refresh_token;
    use crate::rest::error::ErrorCode;
    use crate::server::state::AppState;

    throttle::throttle(&throttle::REFRESH).await?;
    let AppState { pool, token_keys, sign_in_days, .. } = expect_context();
    let presented = cookies::refresh_token(&pool, sign_in_days, &expect_context::<Parts>()).await?;
    let presented = presented.ok_or(ErrorCode::InvalidRefreshToken)?;
    let session = refresh_token::rotate(&pool, sign_in_days, &presented).await?;
    let token = token_keys.sign(&session.subject)?;
    cookies::continue_session(&session).await?;
    cookies::set_refresh_token(&session);
    Ok(token)
}
