//! What the service can be told from outside: the settings, their defaults, and what is accepted.

pub mod database_url;
pub mod environment;
pub mod signing_key;
pub mod variables;

use std::{
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    time::Duration,
};

use ipnet::IpNet;
use lettre::message::Mailbox;
use sqlx::postgres::PgConnectOptions;
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

use crate::base::database::Limits;
use crate::domain::sign_in::access_token::TokenKeys;
use crate::domain::sign_in::key_set::PublicKey;
use crate::domain::sign_in::refresh_token::SignInDays;

use self::database_url::UrlError;
use self::environment::{ConfigError, Environment};
use self::variables as var;
use self::variables::DEFAULT_LISTEN_ADDR;
use crate::base::secret::Secret;

/// The whole configuration, checked. Secrets print as `***`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `DATABASE_URL`, required.
    pub database: Secret<PgConnectOptions>,
    /// `POOL_SIZE`, 2 to 1000, by default 20; `POOL_TIMEOUT_MS`, by default 2 s; `LOCK_TIMEOUT_MS`, by
    /// default 250 ms; `STATEMENT_TIMEOUT_MS`, by default 5 s.
    pub database_limits: Limits,
    pub signing: Signing,
    /// `EMAIL_API_KEY`, required: the Bearer key or the SMTP password.
    pub email_api_key: Secret<String>,
    /// `EMAIL_PROVIDER_URL`. When it is absent the service still runs: registrations are accepted,
    /// mail waits in the outbox, every attempt is logged as failed, and what still waits is sent
    /// once the variable is set and the service restarted.
    pub email_provider_url: Option<Url>,
    /// `EMAIL_FROM`, by default `Kith <no-reply@(host of PUBLIC_URL)>`.
    pub email_from: Mailbox,
    /// `LISTEN_ADDR`, by default 127.0.0.1:3000.
    pub listen_addr: SocketAddr,
    /// `BCRYPT_COST`, 4 to 31, by default 12.
    pub bcrypt_cost: u32,
    /// `AVATAR_STORE_URL`, by default `file:///var/lib/kith/avatars`.
    pub avatar_store_url: Url,
    /// `RATE_LIMITS`, `on` by default.
    pub rate_limits: bool,
    /// `TRUSTED_PROXIES`: who may tell a client's address in `X-Forwarded-For`; nobody by default.
    pub trusted_proxies: Vec<IpNet>,
    /// `SIGN_IN_DAYS`: how long a sign-in lasts, however often it is refreshed; 1 to 3650, by default 365.
    pub sign_in_days: SignInDays,
    /// `HSTS_INCLUDE_SUBDOMAINS`, `off` by default: whether browsers are told that all hosts below that of
    /// `PUBLIC_URL` are https only, too.
    pub hsts_include_subdomains: bool,
    /// `UNVERIFIED_ACCOUNT_DAYS`: how long an account may hold an address without proving it; by
    /// default 7.
    pub unverified_account_days: u32,
    /// `RUST_LOG`, by default `info`.
    pub log_filter: String,
}

/// What access tokens are signed and checked with.
#[derive(Clone, Debug)]
pub struct Signing {
    /// `JWT_PRIVATE_KEY`, required: PEM with real line ends, accepted by [`signing_key::parse`].
    pub private_key: Secret<String>,
    /// `JWT_PREVIOUS_KEYS`: further keys whose tokens are accepted, and which are published; none by
    /// default.
    pub previous_keys: Vec<PublicKey>,
    /// `PUBLIC_URL`: the origin people see, which links in mail lead to, and in whose name tokens are
    /// issued. By default `http://localhost:(port of LISTEN_ADDR)`.
    pub public_url: Url,
}

impl Signing {
    fn read<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>, listen_addr: SocketAddr) -> Option<Self> {
        let private_key = env.required_secret(var::JWT_PRIVATE_KEY, private_key);
        let previous_keys = env.optional_secret(var::JWT_PREVIOUS_KEYS, other_keys).unwrap_or_default();
        let public_url = env
            .optional(var::PUBLIC_URL, origin)
            .or_else(|| origin(&format!("http://localhost:{}", listen_addr.port())));
        Some(Self { private_key: private_key?, previous_keys, public_url: public_url? })
    }

    /// Reads these settings alone, for commands that need nothing else.
    ///
    /// # Errors
    /// Everything that is missing or malformed, at once.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut env = Environment::new(lookup);
        let listen_addr = listen_addr(&mut env);
        let signing = Self::read(&mut env, listen_addr);
        env.finish(signing)
    }

    /// The keys, ready for use.
    ///
    /// # Errors
    /// When a key is none after all.
    pub fn token_keys(&self) -> anyhow::Result<TokenKeys> {
        let issuer = self.public_url.origin().ascii_serialization();
        TokenKeys::new(signing_key::parse(self.private_key.expose())?, self.previous_keys.clone(), &issuer)
    }
}

fn listen_addr<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> SocketAddr {
    env.optional(var::LISTEN_ADDR, |text| text.parse().ok()).unwrap_or(DEFAULT_LISTEN_ADDR)
}

fn database_limits<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Limits {
    let limits = Limits::default();
    let mut millis = |variable, range: RangeInclusive<u32>, default| {
        let millis = env.optional(variable, |text| number(text, &range));
        millis.map_or(default, |millis| Duration::from_millis(millis.into()))
    };
    Limits {
        acquire: millis(var::POOL_TIMEOUT_MS, 100..=10_000, limits.acquire),
        lock: millis(var::LOCK_TIMEOUT_MS, 10..=5000, limits.lock),
        statement: millis(var::STATEMENT_TIMEOUT_MS, 100..=60_000, limits.statement),
        connections: env.optional(var::POOL_SIZE, |text| number(text, &(2..=1000))).unwrap_or(limits.connections),
    }
}

impl Settings {
    /// Reads the settings through `lookup` (name to value).
    ///
    /// # Errors
    /// Everything that is missing or malformed, at once.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut env = Environment::new(lookup);
        let database = database(&mut env);
        let database_limits = database_limits(&mut env);
        let listen_addr = listen_addr(&mut env);
        let signing = Signing::read(&mut env, listen_addr);
        let email_api_key = env.required_secret(var::EMAIL_API_KEY, |key| Some(key.to_owned()));
        let email_provider_url = env.optional(var::EMAIL_PROVIDER_URL, provider_url);
        let email_from = env.optional(var::EMAIL_FROM, |text| text.parse().ok()).or_else(|| {
            let host = match signing.as_ref()?.public_url.host()? {
                // Not an address that mail libraries read; such an origin is a machine's own.
                Host::Ipv6(_) => "localhost".to_owned(),
                host => host.to_string(),
            };
            format!("Kith <no-reply@{host}>").parse().ok()
        });
        if email_from.is_none() && signing.is_some() {
            env.missing(var::EMAIL_FROM);
        }
        let bcrypt_cost = env.optional(var::BCRYPT_COST, |text| number(text, &(4..=31))).unwrap_or(12);
        let avatar_store_url =
            env.optional(var::AVATAR_STORE_URL, store_url).or_else(|| store_url("file:///var/lib/kith/avatars"));
        let rate_limits = env.optional(var::RATE_LIMITS, switch).unwrap_or(true);
        let trusted_proxies = env.optional(var::TRUSTED_PROXIES, networks).unwrap_or_default();
        let sign_in_days = env.optional(var::SIGN_IN_DAYS, |text| number(text, &(1..=3650))).unwrap_or(365);
        let hsts_include_subdomains = env.optional(var::HSTS_INCLUDE_SUBDOMAINS, switch).unwrap_or(false);
        let unverified_account_days =
            env.optional(var::UNVERIFIED_ACCOUNT_DAYS, |text| number(text, &(1..=365))).unwrap_or(7);
        let log_filter = env.optional(var::RUST_LOG, filter).unwrap_or_else(|| "info".to_owned());

        let settings = (|| {
            Some(Self {
                database: database?,
                database_limits,
                signing: signing?,
                email_api_key: Secret::new(email_api_key?),
                email_provider_url,
                email_from: email_from?,
                listen_addr,
                bcrypt_cost,
                avatar_store_url: avatar_store_url?,
                rate_limits,
                trusted_proxies,
                sign_in_days: SignInDays(sign_in_days.cast_signed()),
                hsts_include_subdomains,
                unverified_account_days,
                log_filter,
            })
        })();
        env.finish(settings)
    }

    /// Reads `DATABASE_URL` alone, for commands that need nothing else.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn database_from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Secret<PgConnectOptions>, ConfigError> {
        let mut env = Environment::new(lookup);
        let database = database(&mut env);
        env.finish(database)
    }

    /// Logs what is allowed but seldom meant in production.
    pub fn log_warnings(&self) {
        if self.bcrypt_cost < 10 {
            tracing::warn!(cost = self.bcrypt_cost, "BCRYPT_COST is low: stolen hashes are cheap to try");
        }
        if self.signing.public_url.scheme() != "https" {
            tracing::warn!(url = %self.signing.public_url, "PUBLIC_URL is not https: browsers drop secure cookies");
        }
        // The service itself speaks plain HTTP, so something stands before it.
        if self.signing.public_url.scheme() == "https" && self.trusted_proxies.is_empty() {
            tracing::warn!("TRUSTED_PROXIES is not set: everybody behind the proxy counts as one client");
        }
        if self.email_provider_url.is_none() {
            tracing::warn!("EMAIL_PROVIDER_URL is not set: mail waits in the outbox");
        }
        if !self.rate_limits {
            tracing::warn!("RATE_LIMITS is off");
        }
    }
}

fn database<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Option<Secret<PgConnectOptions>> {
    let parsed = env.required_secret(var::DATABASE_URL, |text| match database_url::parse(text) {
        Err(UrlError::Malformed) => None,
        parsed => Some(parsed),
    })?;
    match parsed {
        Ok(options) => Some(Secret::new(options)),
        Err(UrlError::Unsupported(names)) => {
            let names = names.join(", ");
            env.note(format!("DATABASE_URL has parameters that would be ignored: take them out ({names})"));
            None
        }
        Err(UrlError::Malformed) => None,
    }
}

fn private_key(text: &str) -> Option<Secret<String>> {
    let pem = signing_key::unwrap(text);
    signing_key::parse(&pem).ok()?;
    Some(Secret::new(pem))
}

fn other_keys(text: &str) -> Option<Vec<PublicKey>> {
    signing_key::parse_others(&signing_key::unwrap(text)).ok()
}

fn provider_url(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let usable = match url.scheme() {
        "smtp" | "smtps" | "http" | "https" => url.host_str().is_some_and(|host| !host.is_empty()),
        "file" => url.to_file_path().is_ok(),
        _ => false,
    };
    // The key has its own variable; one inside a URL would end up in logs.
    (usable && url.password().is_none()).then_some(url)
}

fn origin(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.username().is_empty() && bare).then_some(url)
}

fn number(text: &str, range: &RangeInclusive<u32>) -> Option<u32> {
    text.parse().ok().filter(|number| range.contains(number))
}

fn store_url(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let usable = match url.scheme() {
        "file" => url.to_file_path().is_ok(),
        "s3" => url.host_str().is_some(),
        _ => false,
    };
    usable.then_some(url)
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn networks(text: &str) -> Option<Vec<IpNet>> {
    text.split(',')
        .map(str::trim)
        .map(|item| item.parse().ok().or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from)))
        .collect()
}

fn filter(text: &str) -> Option<String> {
    EnvFilter::try_new(text).ok().map(|_| text.to_owned())
}
