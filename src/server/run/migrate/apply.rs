//! Runs the files that have not run yet, without stopping a busy database.

use sqlx::migrate::{AppliedMigration, Migrate as _, MigrateError, Migration, Migrator};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use super::retry_deadline::{RetryDeadline, is_lock_timeout};

/// sqlx keeps its table beside those it is about, so that the schema is the only thing that the service
/// puts into a database.
pub const MIGRATIONS_TABLE: &str = "users._sqlx_migrations";

/// How long a statement waits for a lock. Every other statement that wants the table waits behind it,
/// reads included; afterwards they run, and the migration tries again.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '1s'";
/// What builds or drops an index `CONCURRENTLY` waits for transactions that are open, and nothing waits
/// for it. Cut off, it would leave an invalid index.
const CONCURRENT_LOCK_TIMEOUT: &str = "SET lock_timeout = '30min'";
/// Instances that wait for one that migrates ask again and again: one that waited in a single statement
/// would hold a snapshot, for which `CREATE INDEX CONCURRENTLY` waits, and neither would go on.
const ADVISORY_LOCK_TIMEOUT: &str = "SET lock_timeout = '200ms'";

/// Runs every file of `migrator` that has not run, in its order. One instance at a time does so, Alembic
/// included; the others wait.
///
/// # Errors
/// When a file fails, was edited after it ran, or does not get its locks within 30 minutes.
pub async fn apply(migrator: &Migrator, connection: &mut PgConnection) -> anyhow::Result<()> {
    // A role may have a limit that suits requests.
    connection.execute("SET statement_timeout = 0; SET client_min_messages = warning").await?;
    lock(connection).await?;
    connection.execute(LOCK_TIMEOUT).await?;
    // Makes the schema and the table, and refuses a file that has run half.
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

/// Waits until nothing else migrates this database.
async fn lock(connection: &mut PgConnection) -> anyhow::Result<()> {
    let mut retry_deadline = RetryDeadline::start();
    connection.execute(ADVISORY_LOCK_TIMEOUT).await?;
    loop {
        match connection.lock().await {
            Err(error) if is_lock_timeout(&error) => retry_deadline.wait("another instance migrates", &error).await?,
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
            Err(error) if is_lock_timeout(&error) => {
                retry_deadline.wait("a migration waits for a lock", &error).await?;
            }
            outcome => return Ok(outcome?),
        }
    }
}

/// Statement by statement, since PostgreSQL takes several at once for a transaction. The file is noted as
/// done after the last.
async fn apply_without_transaction(connection: &mut PgConnection, migration: &Migration) -> Result<(), MigrateError> {
    let sql = migration.sql.as_str();
    drop_invalid_indexes(connection, sql).await?;
    for statement in sql.split_inclusive(";\n") {
        if let Err(error) = execute_alone(connection, statement).await {
            // Where the connection is lost, the next run does this.
            if let Err(error) = drop_invalid_indexes(connection, sql).await {
                tracing::warn!(%error, "an invalid index is left: the next run drops it");
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

/// Drops what an index that `sql` names is while its building was cut off: `IF NOT EXISTS` would take it
/// for done, but it answers nothing and costs every write.
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
