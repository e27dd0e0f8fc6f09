//! Removes what has run out and would only fill the tables.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_hours(1);

/// Sweeps at start and every hour until `shutdown`. Any number of instances may do so.
pub async fn run(pool: PgPool, unverified_days: u32, shutdown: CancellationToken) {
    loop {
        if let Err(error) = sweep(&pool, unverified_days).await {
            tracing::warn!(%error, "sweeping failed, will be tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Deletes page sessions that have expired, sign-ins of which no token is left, rate limits that are full again,
/// one-time tokens a day after they have expired, mails a month after they were given up, and accounts whose
/// address was not verified within so many days, so that an address cannot be kept by someone else. A link that
/// was mailed works to its end: its account waits for it, and `domain::verification::resend` mails no other.
///
/// # Errors
/// Faults of the database.
pub async fn sweep(pool: &PgPool, unverified_days: u32) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM users.sessions WHERE expires_at < now()").execute(pool).await?;
    sqlx::query(
        "DELETE FROM users.token_families f
         WHERE NOT EXISTS (SELECT FROM users.refresh_tokens t WHERE t.family_id = f.id AND t.expires_at > now())",
    )
    .execute(pool)
    .await?;
    sqlx::query("DELETE FROM users.one_time_tokens WHERE expires_at < now() - interval '1 day'").execute(pool).await?;
    sqlx::query("DELETE FROM users.email_outbox WHERE dead_at < now() - interval '30 days'").execute(pool).await?;
    sqlx::query("DELETE FROM users.rate_limits WHERE full_at < now()").execute(pool).await?;
    let expired = sqlx::query(
        "DELETE FROM users.users u WHERE NOT email_verified AND created_at < now() - make_interval(days => $1::int)
           AND NOT EXISTS (SELECT FROM users.email_verifications v WHERE v.user_id = u.id AND v.expires_at > now())",
    )
    .bind(i64::from(unverified_days))
    .execute(pool)
    .await?
    .rows_affected();
    if expired > 0 {
        tracing::info!(accounts = expired, "accounts that were never verified have expired");
    }
    Ok(())
}
