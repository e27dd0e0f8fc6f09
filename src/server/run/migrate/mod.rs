//! Brings the database's schema up to date.

mod apply;
mod retry_deadline;

use std::time::Duration;

use anyhow::Context as _;
use apply::MIGRATIONS_TABLE;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    migrate::{Migrate as _, Migrator},
    postgres::PgConnectOptions,
};

use crate::server::config::environment::ConfigError;

/// How long a database that is itself still starting is waited for.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs the migrations that have not run yet; a second instance that does the same waits for the
/// first. Where nothing is left to run nothing is written, so a role without DDL rights will do.
/// A database that Alembic migrated is accepted: the files run once more, which changes nothing.
///
/// Others go on: a lock that is not free is waited for 1 s at a time, with pauses.
///
/// # Errors
/// When the database is not in UTF8, cannot be reached within 30 s, refuses a migration, or keeps a lock from it for
/// 30 min.
pub async fn run(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = connect(options).await.context("cannot connect to the database")?;
    require_utf8(&mut connection).await?;
    let outcome = migrate(&mut connection).await.context("cannot migrate the database");
    // Closing also gives back the advisory lock that a failed run leaves behind.
    connection.close().await?;
    outcome
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

/// Refuses a database in which most of what people write cannot be stored.
///
/// # Errors
/// A [`ConfigError`] when its encoding is another than UTF8.
pub async fn require_utf8(connection: &mut PgConnection) -> anyhow::Result<()> {
    let encoding: String = sqlx::query_scalar("SHOW server_encoding").fetch_one(connection).await?;
    if encoding != "UTF8" {
        return Err(ConfigError::new(format!(
            "DATABASE_URL names a database whose encoding is {encoding}: it has to be UTF8 \
             (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0)"
        ))
        .into());
    }
    Ok(())
}

/// Whether there is nothing left to run. Writes nothing.
pub async fn is_up_to_date(connection: &mut PgConnection) -> anyhow::Result<bool> {
    is_current(&migrator(), connection).await
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!();
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    // `apply` does, in a way that lets an index be built concurrently.
    migrator.set_locking(false);
    migrator.create_schema("users");
    migrator
}

/// Also true when a newer version has run ahead: migrations only ever add, so this one still fits.
async fn is_current(migrator: &Migrator, connection: &mut PgConnection) -> anyhow::Result<bool> {
    let kept: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(MIGRATIONS_TABLE)
        .fetch_one(&mut *connection)
        .await?;
    if !kept {
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
                tracing::warn!(%error, "the database does not answer yet");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            outcome => return outcome,
        }
    }
}

/// Nobody listens yet, or PostgreSQL says that it is starting up (57P03).
fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().as_deref() == Some("57P03"),
        _ => false,
    }
}
