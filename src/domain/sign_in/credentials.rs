//! The credentials of an account: reading them, and replacing outdated hashes.

use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use crate::base::database::Database;
use crate::base::database::pool::Pool;
use crate::domain::accounts::claims;
use crate::model::email::Email;
use crate::model::error::ApiError;

/// Returns the highest valid cost (4 to 31) among the stored hashes. Index: `users_hash_cost_idx`.
pub async fn highest_cost(pool: &Pool) -> sqlx::Result<Option<u32>> {
    let cost: Option<String> = sqlx::query_scalar(
        "SELECT substr(password_hash, 5, 2) FROM users.users
         WHERE substr(password_hash, 5, 2) BETWEEN '04' AND '31' ORDER BY 1 DESC LIMIT 1",
    )
    .fetch_optional(pool)
    .await?;
    Ok(cost.and_then(|cost| cost.parse().ok()))
}

/// Stores a hash of the same password at the current cost, unless the password has changed in the meantime.
pub async fn replace_hash(database: &Database, id: Uuid, old: &str, new: &str) -> Result<(), ApiError> {
    let statement = "UPDATE users.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    database.write(|| sqlx::query(statement).bind(id).bind(old).bind(new).execute(&**database)).await?;
    Ok(())
}

/// The fields of an account that sign-in needs.
#[derive(sqlx::FromRow)]
pub struct Credentials {
    pub id: Uuid,
    pub email: String,
    pub roles: Vec<String>,
    pub password_hash: String,
    pub email_verified: bool,
    pub suspended: bool,
    pub pending_deletion: bool,
    /// Compared by [`crate::domain::sign_in::refresh_token::issue`]: all sign-ins may be revoked while the password is
    /// being checked.
    pub sign_in_epoch: i32,
}

/// Returns the account with this address, ignoring case. One that is being erased no longer exists. Index:
/// `users_pkey`.
pub async fn find(pool: &Pool, email: &Email) -> Result<Option<Credentials>, ApiError> {
    let Some(owner) = claims::owner_of_email(pool, email.as_str()).await? else { return Ok(None) };
    let found = sqlx::query_as(
        r#"SELECT id, email, roles, password_hash, email_verified, suspended_at IS NOT NULL AS suspended,
                  deletes_at IS NOT NULL AS pending_deletion, sign_in_epoch
           FROM users.users WHERE id = $1 AND lower(email COLLATE "C") = $2 AND erasing_at IS NULL"#,
    )
    .bind(owner)
    .bind(email.folded())
    .fetch_optional(pool)
    .await?;
    Ok(found)
}

/// Returns when the password of the account with this address last changed, ignoring case. Index:
/// `users_pkey`.
pub async fn password_changed_at(pool: &Pool, email: &str) -> Result<Option<OffsetDateTime>, ApiError> {
    let Some(owner) = claims::owner_of_email(pool, email).await? else { return Ok(None) };
    let statement = "SELECT password_changed_at FROM users.users WHERE id = $1";
    let changed: Option<Option<OffsetDateTime>> =
        sqlx::query_scalar(statement).bind(owner).fetch_optional(pool).await?;
    Ok(changed.flatten())
}
