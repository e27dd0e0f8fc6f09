//! Usernames that were given up: no one else can become the user that others knew.

use sqlx::PgConnection;
use uuid::Uuid;

use super::settings::{REDIRECT_DAYS, SelfService};
use crate::base::sweep::ExpiringRows;
use crate::model::folding::fold;

/// Names that are free again and no longer lead to an account. Index: `username_holds_held_until_idx`.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "held usernames",
    select: "SELECT held_until, convert_to(folded, 'UTF8') FROM users.username_holds
             WHERE held_until < now() AND redirects_until < now()
                 AND (held_until, convert_to(folded, 'UTF8')) > ($1, $2) AND $4 = 0
             ORDER BY held_until, convert_to(folded, 'UTF8') LIMIT $3",
    delete: "DELETE FROM users.username_holds WHERE folded IN (
                 SELECT folded FROM users.username_holds
                 WHERE folded = ANY(SELECT convert_from(key, 'UTF8') FROM unnest($1::bytea[]) key)
                     AND held_until < now() AND redirects_until < now() AND $2 = 0 FOR UPDATE SKIP LOCKED)",
    days: 0,
    before_delete: None,
};

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
