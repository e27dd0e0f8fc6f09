//! Rate limits that are full again.

use sqlx::PgPool;

use super::Pace;
use crate::base::database::retried;

/// Pages of the table that one statement looks at: about a thousand rows.
const PAGES: i64 = 16;

/// Deletes them page by page. There is no index on the time: every request that a limit counts would pay
/// for it, and an hourly pass over the table is cheap.
pub async fn sweep(pool: &PgPool, pace: &mut Pace) -> sqlx::Result<()> {
    let pages = "SELECT pg_relation_size('users.rate_limits') / current_setting('block_size')::bigint";
    let pages: i64 = sqlx::query_scalar(pages).fetch_one(pool).await?;
    let statement = "
        DELETE FROM users.rate_limits WHERE subject_hash IN (
            SELECT subject_hash FROM users.rate_limits
            WHERE ctid >= format('(%s,0)', $1)::tid AND ctid < format('(%s,0)', $1 + $2)::tid AND full_at < now()
            FOR UPDATE SKIP LOCKED)";
    let mut first = 0;
    while first < pages {
        retried(|| sqlx::query(statement).bind(first).bind(PAGES).execute(pool)).await?;
        first += PAGES;
        if !pace.go_on().await? {
            break;
        }
    }
    Ok(())
}
