//! What operators may ask and change about an account, by hand.

use sqlx::PgPool;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::database::retried;
use super::folding::fold;

/// An account as operators see it; never its password hash.
#[derive(sqlx::FromRow)]
pub struct Account {
    pub id: Uuid,
    pub username: String,
    pub email: String,
    pub email_verified: bool,
    pub roles: Vec<String>,
    pub created_at: OffsetDateTime,
    /// Sign-ins that go on.
    pub sessions: i64,
}

/// The account with this id, email or username, whatever the letter case.
///
/// # Errors
/// Faults of the database.
pub async fn find(pool: &PgPool, who: &str) -> sqlx::Result<Option<Account>> {
    sqlx::query_as(
        r#"SELECT u.id, u.username, u.email, u.email_verified, u.roles, u.created_at,
                (SELECT count(*) FROM users.token_families f
                 WHERE f.user_id = u.id AND f.revoked_at IS NULL
                   AND EXISTS (SELECT FROM users.refresh_tokens t
                               WHERE t.family_id = f.id AND NOT t.revoked AND t.expires_at > now())) AS sessions
         FROM users.users u
         WHERE u.id = $2 OR lower(u.email COLLATE "C") = $1 OR lower(u.username COLLATE "C") = $1"#,
    )
    .bind(fold(who))
    .bind(who.parse::<Uuid>().ok())
    .fetch_optional(pool)
    .await
}

/// Gives the account these roles and no others. Tokens carry them from the next refresh on.
///
/// # Errors
/// Faults of the database.
pub async fn set_roles(pool: &PgPool, id: Uuid, roles: &[String]) -> sqlx::Result<()> {
    let statement = "UPDATE users.users SET roles = $2 WHERE id = $1";
    retried(|| sqlx::query(statement).bind(id).bind(roles).execute(pool)).await?;
    Ok(())
}

/// Ends all sign-ins of the account; returns how many went on.
///
/// # Errors
/// Faults of the database.
pub async fn revoke_sessions(pool: &PgPool, id: Uuid) -> sqlx::Result<i64> {
    let statement = "
         WITH ended AS (
             UPDATE users.token_families SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL RETURNING id),
         revoked AS (
             UPDATE users.refresh_tokens SET revoked = true WHERE user_id = $1 AND NOT revoked AND expires_at > now()
             RETURNING family_id)
         SELECT count(DISTINCT family_id) FROM revoked JOIN ended ON ended.id = family_id";
    retried(|| sqlx::query_scalar(statement).bind(id).fetch_one(pool)).await
}
