//! Usernames that were given up: no one else can become the user that others knew.

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::settings::{REDIRECT_DAYS, SelfService};
use crate::base::sweep::{Delete, ExpiringRows};
use crate::model::folding::fold;

/// Names that are free again and no longer lead to an account. Index: `username_holds_held_until_idx`.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "held usernames",
    select: "SELECT held_until, convert_to(folded, 'UTF8') FROM users.username_holds
             WHERE held_until < now() AND redirects_until < now()
                 AND (held_until, convert_to(folded, 'UTF8')) > ($1, $2) AND $4 = 0
             ORDER BY held_until, convert_to(folded, 'UTF8') LIMIT $3",
    delete: Delete::ByName(
        "DELETE FROM users.username_holds
         WHERE folded = ANY($1) AND held_until < now() AND redirects_until < now() AND $2 = 0",
    ),
    days: 0,
};

/// Returns the user that a username leads to which its owner has given up. Index: `username_holds_pkey`.
pub async fn redirect(executor: impl PgExecutor<'_>, username: &str) -> sqlx::Result<Option<Uuid>> {
    let statement = "SELECT user_id FROM users.username_holds WHERE folded = $1 AND redirects_until > now()";
    let user: Option<Option<Uuid>> =
        sqlx::query_scalar(statement).bind(fold(username)).fetch_optional(executor).await?;
    Ok(user.flatten())
}

/// Removes a user who is being erased from the names that they gave up. Index: `username_holds_user_id_idx`.
pub async fn forget(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    let statement = "UPDATE users.username_holds SET user_id = NULL WHERE user_id = $1";
    sqlx::query(statement).bind(user).execute(connection).await?;
    Ok(())
}

/// Holds a username that was given up by `user`, or by an account that is erased.
pub async fn hold(
    connection: &mut PgConnection,
    user: Option<Uuid>,
    username: &str,
    settings: SelfService,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO users.username_holds (folded, user_id, held_until, redirects_until)
         VALUES ($1, $2, now() + make_interval(days => $3), now() + make_interval(days => $4))
         ON CONFLICT (folded) DO UPDATE SET user_id = excluded.user_id, held_until = excluded.held_until,
             redirects_until = excluded.redirects_until",
    )
    .bind(fold(username))
    .bind(user)
    .bind(settings.username_hold_days)
    .bind(REDIRECT_DAYS)
    .execute(connection)
    .await?;
    Ok(())
}
