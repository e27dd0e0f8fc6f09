//! What the process needs beside its operations.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::FromRef;
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use secrecy::ExposeSecret as _;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::api::request::context::Context;
use crate::api::request::uploads::Uploads;
use crate::base::database::Database;
use crate::base::deferred::Deferred;
use crate::base::rate_limit::RateLimits;
use crate::base::store::AvatarStore;
use crate::domain::accounts::password_choice::PasswordChoice;
use crate::domain::profiles::avatars::Avatars;
use crate::domain::sign_in::device::Devices;
use crate::domain::sign_in::passwords::Passwords;
use crate::rest::server::flash::Flashes;
use crate::server::config::Settings;
use crate::server::http::site;
use crate::server::http::site::ChunkFiles;

/// Shared by all requests: one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What [`AppState`] points to.
pub struct Shared {
    /// For operations.
    pub context: Arc<Context>,
    /// Who is believed about the addresses of clients.
    pub trusted_proxies: Vec<IpNet>,
    /// The requests under way, whose clients may have left.
    pub requests: TaskTracker,
    /// The outcomes of plain forms that wait for their pages.
    pub flashes: Flashes,
    /// The origin that people see.
    pub public_url: Url,
    /// Whether all hosts below it are told to be https only, too.
    pub hsts_include_subdomains: bool,
    pub leptos: LeptosOptions,
    pub chunks: ChunkFiles,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

impl AppState {
    /// # Errors
    /// When the settings cannot be used after all.
    pub fn new(settings: &Settings, database: Database) -> anyhow::Result<Self> {
        let requests = TaskTracker::new();
        let leptos = site::options().context("LEPTOS_* in the environment")?;
        let context = Context {
            avatars: Avatars::new(database.clone(), avatar_store(&settings.pictures.store_url)),
            rate_limits: RateLimits::new(database.clone(), settings.http.rate_limits),
            passwords: Passwords::new(settings.accounts.bcrypt_cost)?,
            password_choice: PasswordChoice::new()?,
            token_keys: settings.signing.token_keys()?,
            devices: Devices::new(settings.signing.private_key.expose_secret().as_bytes())?,
            sign_in_days: settings.accounts.sign_in_days,
            deferred: Deferred::new(requests.clone()),
            uploads: Uploads::default(),
            mail: Arc::default(),
            unverified_account_days: settings.accounts.unverified_days,
            database: database.clone(),
        };
        Ok(Self(Arc::new(Shared {
            context: Arc::new(context),
            trusted_proxies: settings.http.trusted_proxies.clone(),
            requests,
            flashes: Flashes::new(database),
            public_url: settings.signing.public_url.clone(),
            hsts_include_subdomains: settings.http.hsts_include_subdomains,
            chunks: ChunkFiles::read(&leptos),
            leptos,
        })))
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
