//! State shared by all requests.

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
use crate::domain::profiles::lookup::UserLookup;
use crate::domain::sign_in::device::Devices;
use crate::domain::sign_in::passwords::Passwords;
use crate::rest::server::flash::Flashes;
use crate::server::config::Settings;
use crate::server::http::layers::visitor_pages::VisitorPages;
use crate::server::http::site;
use crate::server::http::site::SiteFiles;

/// State shared by all requests, behind one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What [`AppState`] points to.
pub struct Shared {
    /// The context of operations.
    pub context: Arc<Context>,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Running requests, including those whose clients have disconnected.
    pub requests: TaskTracker,
    /// Outcomes of form posts that wait for their pages.
    pub flashes: Flashes,
    /// The origin that users see.
    pub public_url: Url,
    /// Whether HSTS also covers its subdomains.
    pub hsts_include_subdomains: bool,
    pub leptos: LeptosOptions,
    pub site: SiteFiles,
    /// Pages that are rendered once.
    pub visitor_pages: VisitorPages,
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
    pub fn new(settings: &Settings, database: Database) -> anyhow::Result<Self> {
        let requests = TaskTracker::new();
        let leptos = site::options().context("invalid LEPTOS_* variables")?;
        let context = Context {
            avatars: Avatars::new(database.clone(), avatar_store(&settings.pictures.store_url)),
            user_lookup: UserLookup::new(&database),
            rate_limits: RateLimits::new(database.clone(), settings.http.rate_limits),
            passwords: Passwords::new(settings.accounts.bcrypt_cost)?,
            password_choice: PasswordChoice::new()?,
            token_keys: settings.signing.token_keys()?,
            devices: Devices::new(settings.signing.private_key.expose_secret().as_bytes())?,
            sign_in_days: settings.accounts.sign_in_days,
            deferred: Deferred::new(requests.clone()),
            uploads: Uploads::default(),
            mail: Arc::default(),
            accounts_due: Arc::default(),
            self_service: settings.accounts.self_service,
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
            site: SiteFiles::read(&leptos),
            visitor_pages: VisitorPages::default(),
            leptos,
        })))
    }
}

/// Without a picture store the service still runs, as it does without a mail provider.
fn avatar_store(url: &Url) -> Option<AvatarStore> {
    let store = AvatarStore::open(url, |name| std::env::var(name).ok());
    store
        .inspect_err(|error| {
            let error = format!("{error:#}");
            tracing::error!(error, "cannot open the picture store: AVATAR_STORE_URL must name a writable store");
        })
        .ok()
}
