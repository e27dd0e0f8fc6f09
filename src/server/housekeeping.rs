//! Removes what has run out and would only fill the tables.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_hours(1);

/// Sweeps at start and every hour until `shutdown`. Any number of instances may do so.
pub async fn run(pool: PgPool, shutdown: CancellationToken) {
    loop {
        if let Err(error) = sweep(&pool).await {
            tracing::warn!(%error, "sweeping failed, will be tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Deletes page sessions that have expired, and sign-ins of which no token is left.
///
/// # Errors
/// Faults of the database.
pub async fn sweep(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM users.sessions WHERE expires_at < now()").execute(pool).await?;
    sqlx::query(
        "DELETE FROM users.token_families f
         WHERE NOT EXISTS (SELECT FROM users.refresh_tokens t WHERE t.family_id = f.id AND t.expires_at > now())",
    )
    .execute(pool)
    .await?;
    Ok(())
}
