//! What every request can reach.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use sqlx::PgPool;
use tokio::sync::Notify;
use url::Url;

use crate::domain::access_token::TokenKey;
use crate::domain::passwords::Passwords;

/// Shared by all requests; cheap to clone.
#[derive(Clone, FromRef)]
pub struct AppState {
    pub pool: PgPool,
    pub passwords: Passwords,
    pub token_key: Arc<TokenKey>,
    /// Wakes the mail worker.
    pub mail: Arc<Notify>,
    /// The origin that people see.
    pub public_url: Url,
    pub leptos: LeptosOptions,
}
