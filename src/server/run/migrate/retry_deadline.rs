//! How long a migration tries to get its locks, and how often.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use tokio::time::Instant;

/// As long as a report or a backup may keep a transaction open. Then the migration fails, and whatever
/// started it decides.
const MAX_ELAPSED: Duration = Duration::from_mins(30);
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
/// Longer than any lock is waited for: others get more of the table than the migration.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// Counts how long has been waited.
pub struct RetryDeadline {
    started: Instant,
    pause: Duration,
}

impl RetryDeadline {
    pub fn start() -> Self {
        Self { started: Instant::now(), pause: INITIAL_BACKOFF }
    }

    /// Pauses before the next attempt, each time twice as long, at most 5 s.
    ///
    /// # Errors
    /// After 30 minutes, with what was waited for.
    pub async fn wait(&mut self, why: &'static str, error: &MigrateError) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.started.elapsed() < MAX_ELAPSED,
            "{why}, and has for {} min: {error}",
            MAX_ELAPSED.as_secs() / 60
        );
        tracing::info!(%error, pause = ?self.pause, "{why}: will try again");
        // Instances that were started together do not ask together.
        tokio::time::sleep(self.pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        self.pause = (self.pause * 2).min(MAX_BACKOFF);
        Ok(())
    }
}

/// Whether another transaction was in the way: a lock was not free in time (55P03), or a deadlock was
/// ended (40P01). Nothing was changed.
pub fn is_lock_timeout(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else { return false };
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}
