//! Migrates the database schema.

mod apply;
pub mod citus;
mod retry_deadline;

use std::io::ErrorKind;
use std::time::Duration;

use anyhow::Context as _;
use apply::MIGRATIONS_TABLE;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    migrate::{Migrate as _, Migrator},
    postgres::PgConnectOptions,
};

use crate::base::database::pooler::PoolerError;
use crate::server::config::environment::ConfigError;

/// How long to wait for a database that is still starting.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs pending migrations. Concurrent instances take turns. If nothing is pending, nothing is written, so a role
/// without DDL rights is enough. A database that was migrated with Alembic is accepted: the files run again, which
/// changes nothing.
///
/// Other statements are not blocked for long: a lock is waited for 1 s at a time, with pauses.
///
/// # Errors
/// If the encoding of the database is not UTF8, it cannot be reached within 30 s, a migration fails, or a migration
/// does not get its locks within 30 min.
pub async fn run(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = connect(options).await.map_err(|error| connection_error(error.into()))?;
    require_utf8(&mut connection).await?;
    let outcome = migrate(&mut connection).await.context("cannot migrate the database");
    // Closing also releases the advisory lock that a failed run leaves behind.
    connection.close().await?;
    outcome
}

/// What to say if a connection fails. A pooler that does not fit is an error of the configuration.
pub fn connection_error(error: PoolerError) -> anyhow::Error {
    match error {
        PoolerError::Database(error) => anyhow::Error::new(error).context("cannot connect to the database"),
        error => ConfigError::new(error.to_string()).into(),
    }
}

async fn migrate(connection: &mut PgConnection) -> anyhow::Result<()> {
    let migrator = migrator();
    if is_current(&migrator, connection).await? {
        return Ok(());
    }
    apply::apply(&migrator, connection).await?;
    tracing::info!("the database is up to date");
    Ok(())
}

/// Rejects a database that cannot store most of the text that users write.
///
/// # Errors
/// A [`ConfigError`] if its encoding is not UTF8.
pub async fn require_utf8(connection: &mut PgConnection) -> anyhow::Result<()> {
    let encoding: String = sqlx::query_scalar("SHOW server_encoding").fetch_one(connection).await?;
    if encoding != "UTF8" {
        return Err(ConfigError::new(format!(
            "the encoding of the database at DATABASE_URL is {encoding}: it must be UTF8 \
             (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0)"
        ))
        .into());
    }
    Ok(())
}

/// Returns whether no migration is pending. Writes nothing.
pub async fn is_up_to_date(connection: &mut PgConnection) -> anyhow::Result<bool> {
    is_current(&migrator(), connection).await
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!();
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    // `apply` takes the lock itself, in a way that allows concurrent index builds.
    migrator.set_locking(false);
    migrator.create_schema("users");
    migrator
}

/// Also true if a newer version has already migrated: migrations only add, so this version still works.
async fn is_current(migrator: &Migrator, connection: &mut PgConnection) -> anyhow::Result<bool> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(MIGRATIONS_TABLE)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(false);
    }
    let applied = connection.list_applied_migrations(MIGRATIONS_TABLE).await?;
    Ok(migrator.iter().all(|migration| {
        applied.iter().any(|done| done.version == migration.version && done.checksum == migration.checksum)
    }))
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let started = tokio::time::Instant::now();
    loop {
        match options.connect().await {
            Err(error) if is_starting(&error) && started.elapsed() < STARTUP_TIMEOUT => {
                tracing::warn!(%error, "waiting for the database to start");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            outcome => return outcome,
        }
    }
}

/// The address is not reachable yet, or PostgreSQL reports that it is starting up (57P03). A certificate that cannot be
/// used is an `Io` error, too, but does not change by waiting.
fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() != ErrorKind::InvalidData,
        sqlx::Error::Database(error) => error.code().as_deref() == Some("57P03"),
        _ => false,
    }
}
