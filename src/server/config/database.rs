//! Settings for the database: its URL, and the limits of one instance.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::database_url;
use super::database_url::UrlError;
use super::environment::{ConfigError, Environment, Variable, variables};
use super::values::number;
use crate::base::database::{Limits, Servers};

variables! {
    DATABASE_URL: "a PostgreSQL URL such as postgres://user:password@host:5432/database",
    DATABASE_DIRECT_URL: "a PostgreSQL URL that leads past the pooler",
    DATABASE_REPLICA_URLS: "PostgreSQL URLs of streaming replicas, separated by commas",
    POOL_SIZE: "a whole number from 2 to 1000",
    POOL_TIMEOUT_MS: "a whole number of milliseconds from 100 to 10000",
    LOCK_TIMEOUT_MS: "a whole number of milliseconds from 10 to 5000",
    STATEMENT_TIMEOUT_MS: "a whole number of milliseconds from 100 to 60000",
}

#[derive(Clone)]
pub struct DatabaseSettings {
    /// `DATABASE_URL`, required.
    pub options: PgConnectOptions,
    /// `DATABASE_DIRECT_URL`, which leads past the pooler at `DATABASE_URL`; `None` if there is no pooler.
    pub direct: Option<PgConnectOptions>,
    /// `DATABASE_REPLICA_URLS`, by default none.
    pub replicas: Vec<PgConnectOptions>,
    /// `POOL_SIZE`, 2 to 1000, by default 20. `POOL_TIMEOUT_MS`, by default 2 s. `LOCK_TIMEOUT_MS`, by default 250 ms.
    /// `STATEMENT_TIMEOUT_MS`, by default 5 s.
    pub limits: Limits,
}

/// Omits the options, which contain the password.
impl fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseSettings").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl DatabaseSettings {
    pub(super) fn read<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Option<Self> {
        let (primary, limits) = (required(env), limits(env));
        let (direct, replicas) = (direct(env), replicas(env));
        Some(Self { options: primary?, direct, replicas, limits })
    }

    /// Where migrations run.
    pub fn direct(&self) -> &PgConnectOptions {
        self.direct.as_ref().unwrap_or(&self.options)
    }

    /// The servers that requests use.
    pub fn servers(&self) -> Servers {
        let is_pooled = self.direct.is_some();
        // sqlx sets it for text results, of which there are none. PgBouncer rejects it.
        let primary = if is_pooled { self.options.clone().extra_float_digits(None) } else { self.options.clone() };
        Servers { primary, is_pooled, replicas: self.replicas.clone() }
    }

    /// Reads only `DATABASE_URL`, or `DATABASE_DIRECT_URL` if it is set, for commands that need no other settings.
    ///
    /// # Errors
    /// If it is missing or malformed.
    pub fn options_from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<PgConnectOptions, ConfigError> {
        let mut env = Environment::new(lookup);
        let options = direct(&mut env).or_else(|| required(&mut env));
        env.finish(options)
    }
}

fn limits<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Limits {
    let limits = Limits::default();
    let mut millis = |variable, range: RangeInclusive<u32>, default| {
        let millis = env.optional(variable, |text| number(text, &range));
        millis.map_or(default, |millis| Duration::from_millis(millis.into()))
    };
    Limits {
        acquire: millis(POOL_TIMEOUT_MS, 100..=10_000, limits.acquire),
        lock: millis(LOCK_TIMEOUT_MS, 10..=5000, limits.lock),
        statement: millis(STATEMENT_TIMEOUT_MS, 100..=60_000, limits.statement),
        connections: env.optional(POOL_SIZE, |text| number(text, &(2..=1000))).unwrap_or(limits.connections),
    }
}

fn required<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Option<PgConnectOptions> {
    let parsed = env.required_secret(DATABASE_URL, well_formed)?;
    supported(env, DATABASE_URL, parsed)
}

fn direct<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Option<PgConnectOptions> {
    let parsed = env.optional_secret(DATABASE_DIRECT_URL, well_formed)?;
    supported(env, DATABASE_DIRECT_URL, parsed)
}

fn replicas<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Vec<PgConnectOptions> {
    let parsed = env.optional_secret(DATABASE_REPLICA_URLS, |text| {
        text.split(',').map(|url| well_formed(url.trim())).collect::<Option<Vec<_>>>()
    });
    parsed.into_iter().flatten().filter_map(|url| supported(env, DATABASE_REPLICA_URLS, url)).collect()
}

/// Returns the options, or why they are rejected; `None` if the text is not a URL.
fn well_formed(text: &str) -> Option<Result<PgConnectOptions, UrlError>> {
    Some(database_url::parse(text)).filter(|parsed| !matches!(parsed, Err(UrlError::Malformed)))
}

fn supported<L: Fn(&str) -> Option<String>>(
    env: &mut Environment<L>,
    Variable { name, expected }: Variable,
    parsed: Result<PgConnectOptions, UrlError>,
) -> Option<PgConnectOptions> {
    let problem = match parsed {
        Ok(options) => return Some(options),
        Err(UrlError::Unsupported(parameters)) => {
            format!("{name} has unsupported parameters: remove {}", parameters.join(", "))
        }
        Err(UrlError::SeveralHosts) => {
            format!("{name} is a list of hosts: use one address that moves with the primary (docs/operations.md)")
        }
        Err(UrlError::Malformed) => format!("{name} is malformed: expected {expected}"),
    };
    env.add_problem(problem);
    None
}
