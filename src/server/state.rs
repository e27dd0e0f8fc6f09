//! What every request can reach.

use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use sqlx::PgPool;
use tokio::sync::Notify;
use url::Url;

use super::config::Settings;
use super::{signing_key, site};
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

impl AppState {
    /// # Errors
    /// When the settings cannot be used after all.
    pub async fn new(settings: &Settings, pool: PgPool) -> anyhow::Result<Self> {
        let key = signing_key::parse(settings.jwt_private_key.expose())?;
        let issuer = settings.public_url.origin().ascii_serialization();
        let cost = settings.bcrypt_cost;
        let passwords = tokio::task::spawn_blocking(move || Passwords::new(cost)).await??;
        Ok(Self {
            pool,
            passwords,
            token_key: Arc::new(TokenKey::new(key, &issuer)?),
            mail: Arc::default(),
            public_url: settings.public_url.clone(),
            leptos: site::options().context("LEPTOS_* in the environment")?,
        })
    }
}
