//! Settings for the database: its URL, and the limits of one instance.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::database_url;
use super::database_url::UrlError;
use super::environment::{ConfigError, Environment, variables};
use super::values::number;
use crate::base::database::Limits;

variables! {
    DATABASE_URL: "a PostgreSQL URL such as postgres://user:password@host:5432/database",
    POOL_SIZE: "a whole number from 2 to 1000",
    POOL_TIMEOUT_MS: "a whole number of milliseconds from 100 to 10000",
    LOCK_TIMEOUT_MS: "a whole number of milliseconds from 10 to 5000",
    STATEMENT_TIMEOUT_MS: "a whole number of milliseconds from 100 to 60000",
}

#[derive(Clone)]
pub struct DatabaseSettings {
    /// `DATABASE_URL`, required.
    pub options: PgConnectOptions,
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
        let (options, limits) = (options(env), limits(env));
        Some(Self { options: options?, limits })
    }

    /// Reads only `DATABASE_URL`, for commands that need no other settings.
    ///
    /// # Errors
    /// If it is missing or malformed.
    pub fn options_from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<PgConnectOptions, ConfigError> {
        let mut env = Environment::new(lookup);
        let options = options(&mut env);
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

fn options<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Option<PgConnectOptions> {
    let parsed = env.required_secret(DATABASE_URL, |text| match database_url::parse(text) {
        Err(UrlError::Malformed) => None,
        parsed => Some(parsed),
    })?;
    match parsed {
        Ok(options) => Some(options),
        Err(UrlError::Unsupported(names)) => {
            let names = names.join(", ");
            env.add_problem(format!("DATABASE_URL has unsupported parameters: remove {names}"));
            None
        }
        Err(UrlError::Malformed) => None,
    }
}
