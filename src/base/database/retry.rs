//! Retries operations that failed because of another transaction.

use std::time::Duration;

use tokio::time::Instant;

use super::error::{MaybeDatabaseError, is_contention};

/// How long an operation is retried. Even with the longest waits for a permit, a connection and a lock, the response
/// is sent within 10 s.
const MAX_ELAPSED: Duration = Duration::from_secs(3);
const INITIAL_BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_millis(500);

/// Runs an operation, and retries it for 3 s if PostgreSQL aborted it because of another transaction: a deadlock, a
/// serialization failure or a lock timeout. An aborted attempt has changed nothing.
pub async fn with_retries<T, E: MaybeDatabaseError, F: Future<Output = Result<T, E>>>(
    run: impl Fn() -> F,
) -> Result<T, E> {
    let (started, mut pause) = (Instant::now(), INITIAL_BACKOFF);
    loop {
        match run().await {
            Err(error) if error.database_error().is_some_and(is_contention) && started.elapsed() < MAX_ELAPSED => {
                tracing::debug!(error = error.database_error().map(tracing::field::display), "retrying");
                // Jitter, so that the same operations do not collide again.
                tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
                pause = (pause * 2).min(MAX_BACKOFF);
            }
            outcome => return outcome,
        }
    }
}
