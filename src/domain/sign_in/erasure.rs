//! Deletes the sign-ins of an account that is being erased, in batches.

use uuid::Uuid;

use crate::base::database::pool::Pool;
use crate::base::database::with_retries;
use crate::base::sweep::Pace;

/// Rows per batch.
const BATCH: i64 = 25;

/// Deletes refresh tokens, page sessions and sign-ins. Returns false if `pace` ended it before.
pub async fn clear(pool: &Pool, user: Uuid, pace: &mut Pace<'_>) -> sqlx::Result<bool> {
    // Index: refresh_tokens_user_id_idx.
    let tokens = "DELETE FROM users.refresh_tokens WHERE user_id = $1 AND token_hash IN (
                      SELECT token_hash FROM users.refresh_tokens WHERE user_id = $1 LIMIT $2)";
    while with_retries(|| sqlx::query(tokens).bind(user).bind(BATCH).execute(pool)).await?.rows_affected() > 0 {
        if !pace.proceed().await? {
            return Ok(false);
        }
    }
    while with_retries(|| clear_sign_ins(pool, user)).await? {
        if !pace.proceed().await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Deletes a batch of sign-ins, and first their page sessions, which are found by them. Returns whether there was one.
/// Indexes: `sign_ins_user_id_idx`, `sessions_sign_in_idx`.
async fn clear_sign_ins(pool: &Pool, user: Uuid) -> sqlx::Result<bool> {
    let batch = "SELECT id FROM users.sign_ins WHERE user_id = $1 LIMIT $2";
    let batch: Vec<Uuid> = sqlx::query_scalar(batch).bind(user).bind(BATCH).fetch_all(pool).await?;
    let names: Vec<String> = batch.iter().map(Uuid::to_string).collect();
    sqlx::query("DELETE FROM users.sessions WHERE data ->> 'family' = ANY($1)").bind(names).execute(pool).await?;
    let sign_ins = "DELETE FROM users.sign_ins WHERE user_id = $1 AND id = ANY($2)";
    sqlx::query(sign_ins).bind(user).bind(&batch).execute(pool).await?;
    Ok(!batch.is_empty())
}
