//! Running again what another transaction has got in the way of.

use std::time::Duration;

use tokio::time::Instant;

use super::error::{MaybeDatabaseError, is_contention};

/// How long an operation is begun again. With the longest waits for a turn, a connection and a lock it is
/// answered within 10 s.
const MAX_ELAPSED: Duration = Duration::from_secs(3);
const INITIAL_BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_millis(500);

/// Runs an operation, again if PostgreSQL ended it because of another transaction: a deadlock, a conflict
/// between serializable transactions, or a lock that was not free in time. None of them has changed
/// anything.
///
/// # Errors
/// What it ends with; such a conflict only after 3 s.
pub async fn with_retries<T, E: MaybeDatabaseError, F: Future<Output = Result<T, E>>>(
    run: impl Fn() -> F,
) -> Result<T, E> {
    let (started, mut pause) = (Instant::now(), INITIAL_BACKOFF);
    loop {
        match run().await {
            Err(error) if error.database_error().is_some_and(is_contention) && started.elapsed() < MAX_ELAPSED => {
                tracing::debug!(error = error.database_error().map(tracing::field::display), "once more");
                // Those that collided do not meet again.
                tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
                pause = (pause * 2).min(MAX_BACKOFF);
            }
            outcome => return outcome,
        }
    }
}
