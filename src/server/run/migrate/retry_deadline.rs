//! How long and how often a migration tries to get its locks.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use tokio::time::Instant;

/// As long as a report or a backup may keep a transaction open. Then the migration fails, and its caller decides what
/// to do.
const MAX_ELAPSED: Duration = Duration::from_mins(30);
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
/// Longer than any lock wait, so that other statements get more of the table than the migration.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// Tracks the time since the first attempt.
pub struct RetryDeadline {
    started: Instant,
    pause: Duration,
}

impl RetryDeadline {
    pub fn start() -> Self {
        Self { started: Instant::now(), pause: INITIAL_BACKOFF }
    }

    /// Pauses before the next attempt. The pause doubles each time, up to 5 s.
    ///
    /// # Errors
    /// After 30 minutes, with the reason for the wait.
    pub async fn wait(&mut self, reason: &'static str, error: &MigrateError) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.started.elapsed() < MAX_ELAPSED,
            "{reason}, giving up after {} min: {error}",
            MAX_ELAPSED.as_secs() / 60
        );
        tracing::info!(%error, pause = ?self.pause, "{reason}, will retry");
        // Jitter, so that instances that started together do not poll together.
        tokio::time::sleep(self.pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        self.pause = (self.pause * 2).min(MAX_BACKOFF);
        Ok(())
    }
}

/// Returns whether the migration failed because of another transaction: a lock timeout (55P03) or a deadlock (40P01).
/// Nothing was changed.
pub fn is_lock_conflict(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else { return false };
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}
