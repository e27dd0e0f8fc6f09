//! Runs pending migrations without blocking a busy database.

use sqlx::migrate::{AppliedMigration, Migrate as _, MigrateError, Migration, Migrator};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use super::retry_deadline::{RetryDeadline, is_lock_conflict};

/// The migrations table is in the schema of the service, which is the only thing that the service adds to a database.
pub const MIGRATIONS_TABLE: &str = "users._sqlx_migrations";

/// How long a statement waits for a lock. All other statements on the table queue behind it, including reads. After the
/// timeout they run, and the migration is retried.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '1s'";
/// A statement that builds or drops an index `CONCURRENTLY` waits for open transactions, and blocks nothing.
/// Interrupting it would leave an invalid index.
const CONCURRENT_LOCK_TIMEOUT: &str = "SET lock_timeout = '30min'";
/// Instances poll while another migrates. Waiting in a single statement would hold a snapshot, and
/// `CREATE INDEX CONCURRENTLY` would wait for it: a deadlock.
const ADVISORY_LOCK_TIMEOUT: &str = "SET lock_timeout = '200ms'";

/// Runs the pending files of `migrator` in order. Only one instance (or Alembic) migrates at a time; the others wait.
///
/// # Errors
/// If a file fails, was edited after it ran, or does not get its locks within 30 minutes.
pub async fn apply(migrator: &Migrator, connection: &mut PgConnection) -> anyhow::Result<()> {
    // The role may have a timeout that is meant for requests.
    connection.execute("SET statement_timeout = 0; SET client_min_messages = warning").await?;
    lock(connection).await?;
    connection.execute(LOCK_TIMEOUT).await?;
    // Creates the schema and the table, and rejects a partially applied migration.
    migrator.run_direct(Some(0), connection, false).await?;
    let applied = connection.list_applied_migrations(MIGRATIONS_TABLE).await?;
    for migration in migrator.iter() {
        match applied.iter().find(|done| done.version == migration.version) {
            None => apply_one(connection, migration).await?,
            Some(AppliedMigration { checksum, .. }) if *checksum == migration.checksum => {}
            Some(_) => return Err(MigrateError::VersionMismatch(migration.version).into()),
        }
    }
    connection.unlock().await?;
    Ok(())
}

/// Waits until no other process is migrating this database.
pub async fn lock(connection: &mut PgConnection) -> anyhow::Result<()> {
    let mut retry_deadline = RetryDeadline::start();
    connection.execute(ADVISORY_LOCK_TIMEOUT).await?;
    loop {
        match connection.lock().await {
            Err(error) if is_lock_conflict(&error) => {
                retry_deadline.wait("another instance is migrating", &error).await?;
            }
            outcome => return Ok(outcome?),
        }
    }
}

async fn apply_one(connection: &mut PgConnection, migration: &Migration) -> anyhow::Result<()> {
    let mut retry_deadline = RetryDeadline::start();
    loop {
        let outcome = if migration.no_tx {
            apply_without_transaction(connection, migration).await
        } else {
            connection.apply(MIGRATIONS_TABLE, migration).await.map(drop)
        };
        match outcome {
            Err(error) if is_lock_conflict(&error) => {
                retry_deadline.wait("a migration is waiting for a lock", &error).await?;
            }
            outcome => return Ok(outcome?),
        }
    }
}

/// Runs the statements one by one, because PostgreSQL treats several in one query as a transaction. The file is
/// recorded as applied after the last one.
async fn apply_without_transaction(connection: &mut PgConnection, migration: &Migration) -> Result<(), MigrateError> {
    let sql = migration.sql.as_str();
    drop_invalid_indexes(connection, sql).await?;
    for statement in sql.split_inclusive(";\n") {
        if let Err(error) = execute_alone(connection, statement).await {
            // If the connection is lost, the next run does this.
            if let Err(error) = drop_invalid_indexes(connection, sql).await {
                tracing::warn!(%error, "cannot drop an invalid index: the next run will");
            }
            return Err(MigrateError::ExecuteMigration(error, migration.version));
        }
    }
    connection.skip(MIGRATIONS_TABLE, migration).await
}

async fn execute_alone(connection: &mut PgConnection, statement: &str) -> sqlx::Result<()> {
    let concurrent = statement.to_ascii_uppercase().contains(" CONCURRENTLY ");
    connection.execute(if concurrent { CONCURRENT_LOCK_TIMEOUT } else { LOCK_TIMEOUT }).await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.execute(LOCK_TIMEOUT).await?;
    Ok(())
}

/// Drops every index that `sql` names and whose build was interrupted. `IF NOT EXISTS` would accept such an index, but
/// it serves no query and slows down every write.
async fn drop_invalid_indexes(connection: &mut PgConnection, sql: &str) -> sqlx::Result<()> {
    let drops: Vec<String> = sqlx::query_scalar(
        "SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %I.%I', nspname, relname)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE nspname = 'users' AND NOT indisvalid AND strpos($1, relname::text) > 0",
    )
    .bind(sql)
    .fetch_all(&mut *connection)
    .await?;
    for statement in drops {
        execute_alone(connection, &statement).await?;
    }
    Ok(())
}
