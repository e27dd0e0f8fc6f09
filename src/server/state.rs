//! What every request can reach.

use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::FromRef;
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use url::Url;

use super::config::Settings;
use super::deferred::Deferred;
use super::site::{self, ChunkFiles};
use super::uploads::Uploads;
use crate::domain::access_token::TokenKeys;
use crate::domain::avatars::Avatars;
use crate::domain::avatars::store::AvatarStore;
use crate::domain::database::Database;
use crate::domain::device::Devices;
use crate::domain::password_choice::PasswordChoice;
use crate::domain::passwords::Passwords;
use crate::domain::rate_limit::RateLimits;
use crate::domain::refresh_token::SignInDays;

/// Shared by all requests; cheap to clone.
#[derive(Clone, FromRef)]
pub struct AppState {
    pub pool: Database,
    pub passwords: Passwords,
    pub password_choice: PasswordChoice,
    pub token_keys: Arc<TokenKeys>,
    pub rate_limits: RateLimits,
    pub avatars: Avatars,
    pub devices: Arc<Devices>,
    /// Who is believed about the addresses of clients.
    pub trusted_proxies: Arc<[IpNet]>,
    /// How long a sign-in lasts at most.
    pub sign_in_days: SignInDays,
    /// The requests under way, whose clients may have left.
    pub requests: TaskTracker,
    /// The files that arrive.
    pub uploads: Uploads,
    /// Work that begins after its answer.
    pub deferred: Deferred,
    /// Wakes the mail worker.
    pub mail: Arc<Notify>,
    /// Days after which an account goes whose address is not verified.
    pub unverified_account_days: u32,
    /// The origin that people see.
    pub public_url: Url,
    /// Whether all hosts below it are told to be https only, too.
    #[from_ref(skip)]
    pub hsts_include_subdomains: bool,
    pub leptos: LeptosOptions,
    pub chunks: Arc<ChunkFiles>,
}

impl AppState {
    /// # Errors
    /// When the settings cannot be used after all.
    pub fn new(settings: &Settings, pool: Database) -> anyhow::Result<Self> {
        let requests = TaskTracker::new();
        let leptos = site::options().context("LEPTOS_* in the environment")?;
        Ok(Self {
            avatars: Avatars::new(pool.clone(), avatar_store(&settings.avatar_store_url)),
            rate_limits: RateLimits::new(pool.clone(), settings.rate_limits),
            pool,
            passwords: Passwords::new(settings.bcrypt_cost)?,
            password_choice: PasswordChoice::new()?,
            token_keys: Arc::new(settings.signing.token_keys()?),
            devices: Arc::new(Devices::new(settings.signing.private_key.expose().as_bytes())?),
            trusted_proxies: settings.trusted_proxies.as_slice().into(),
            sign_in_days: settings.sign_in_days,
            deferred: Deferred::new(requests.clone()),
            requests,
            uploads: Uploads::default(),
            mail: Arc::default(),
            unverified_account_days: settings.unverified_account_days,
            public_url: settings.signing.public_url.clone(),
            hsts_include_subdomains: settings.hsts_include_subdomains,
            chunks: Arc::new(ChunkFiles::read(&leptos)),
            leptos,
        })
    }
}

/// Without a place for pictures the service still runs, as it does without a mail provider.
fn avatar_store(url: &Url) -> Option<AvatarStore> {
    let store = AvatarStore::open(url, |name| std::env::var(name).ok());
    store
        .inspect_err(|error| {
            let error = format!("{error:#}");
            tracing::error!(error, "pictures cannot be kept: let AVATAR_STORE_URL name a place that can be written");
        })
        .ok()
}
