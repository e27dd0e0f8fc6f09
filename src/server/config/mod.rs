//! Settings: environment variables, defaults, validation. Each section reads its own.

pub mod accounts;
pub mod database;
pub mod database_url;
pub mod environment;
pub mod http;
pub mod mail;
pub mod pictures;
pub mod signing;
pub mod signing_key;
mod values;

use tracing_subscriber::EnvFilter;

use self::accounts::AccountSettings;
use self::database::DatabaseSettings;
use self::environment::{ConfigError, Environment, Variable};
use self::http::HttpSettings;
use self::mail::MailSettings;
use self::pictures::PictureSettings;
use self::signing::Signing;

const RUST_LOG: Variable = Variable { name: "RUST_LOG", expected: "log directives such as info or warn,kith=debug" };

/// The validated configuration. `Debug` output contains no secrets.
#[derive(Clone, Debug)]
pub struct Settings {
    pub database: DatabaseSettings,
    pub signing: Signing,
    pub mail: MailSettings,
    pub http: HttpSettings,
    pub accounts: AccountSettings,
    pub pictures: PictureSettings,
    /// `RUST_LOG`, by default `info`.
    pub log_filter: String,
}

impl Settings {
    /// Reads the settings. `lookup` returns the value of a variable.
    ///
    /// # Errors
    /// Lists everything that is missing or malformed.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut env = Environment::new(lookup);
        let database = DatabaseSettings::read(&mut env);
        let http = HttpSettings::read(&mut env);
        let signing = Signing::read(&mut env, http.listen_addr);
        let mail = MailSettings::read(&mut env, signing.as_ref().map(|signing| &signing.public_url));
        let accounts = AccountSettings::read(&mut env);
        let pictures = PictureSettings::read(&mut env);
        let log_filter = env.optional(RUST_LOG, filter).unwrap_or_else(|| "info".to_owned());
        let settings = (|| {
            Some(Self {
                database: database?,
                signing: signing?,
                mail: mail?,
                http,
                accounts,
                pictures: pictures?,
                log_filter,
            })
        })();
        env.finish(settings)
    }

    /// Logs settings that are valid but rarely intended in production.
    pub fn log_warnings(&self) {
        let public_url = &self.signing.public_url;
        if self.accounts.bcrypt_cost < 10 {
            tracing::warn!(cost = self.accounts.bcrypt_cost, "BCRYPT_COST is low: stolen hashes are easy to crack");
        }
        if public_url.scheme() != "https" {
            tracing::warn!(url = %public_url, "PUBLIC_URL is not https: browsers reject secure cookies");
        }
        // The service itself speaks plain HTTP, so there must be a proxy in front of it.
        if public_url.scheme() == "https" && self.http.trusted_proxies.is_empty() {
            tracing::warn!("TRUSTED_PROXIES is not set: all clients behind the proxy count as one");
        }
        if self.mail.provider_url.is_none() {
            tracing::warn!("EMAIL_PROVIDER_URL is not set: mail waits in the outbox");
        }
        if !self.http.rate_limits {
            tracing::warn!("RATE_LIMITS is off");
        }
    }
}

fn filter(text: &str) -> Option<String> {
    EnvFilter::try_new(text).ok().map(|_| text.to_owned())
}
