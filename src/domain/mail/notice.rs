//! Notices: mails that tell the owner of an account what was changed in it, so that they notice what they did not do
//! (OWASP ASVS 6.3.7).

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::change::Change;
use crate::base::database::pool::Pool;
use crate::domain::sign_in::client::Client;
use crate::email::compose::Recipient;
use crate::email::messages::ActionMail;
use crate::email::outbox;
use crate::email::outbox::Claim;
use crate::email::request::{Request, Subject};
use crate::model::timestamp::Timestamp;
use crate::text::mail;

pub const KIND: &str = "notice";

/// The page where an owner who did not make a change can lock out who did.
const NEW_PASSWORD: &str = "/forgot-password";

/// Hours after which a notice is no longer worth sending.
const HOURS: i32 = 72;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    PasswordChanged,
    PasswordReset,
    /// By an operator.
    PasswordInvalidated,
    EmailChangeRequested,
    EmailChangeUndone,
    UsernameChanged,
    DeletionRequested,
    Restored,
    Suspended,
    Unsuspended,
    Deleted,
}

/// The column `data` of a notice.
#[derive(Serialize, Deserialize)]
struct Data {
    notice: Notice,
    /// The address at the time of the change. If it is changed next, the owner of the old one must still learn this.
    email: String,
    #[serde(flatten)]
    change: Change,
    /// When a requested deletion will be carried out.
    until: Option<Timestamp>,
}

/// Queues a notice to the address that the account has now, in the transaction of the change. `client` is where the
/// change was made.
pub async fn enqueue(
    connection: &mut PgConnection,
    user: Uuid,
    notice: Notice,
    client: Option<&Client>,
) -> sqlx::Result<()> {
    enqueue_until(connection, user, notice, client, None).await
}

/// Queues a notice about a deletion that will be carried out at `until`.
pub async fn enqueue_until(
    connection: &mut PgConnection,
    user: Uuid,
    notice: Notice,
    client: Option<&Client>,
    until: Option<Timestamp>,
) -> sqlx::Result<()> {
    let account = "SELECT email, now() FROM users.users WHERE id = $1";
    let (email, at): (String, OffsetDateTime) = sqlx::query_as(account).bind(user).fetch_one(&mut *connection).await?;
    let data = Data { notice, email, change: Change::new(at.into(), client), until };
    let request = Request { kind: KIND, subject: Subject::Recipient(user), data: Some(json!(data)) };
    outbox::enqueue(connection, request).await
}

/// Returns the recipient, or `None` if the notice is too old or another sender has the row.
pub async fn recipient(pool: &Pool, claim: &Claim, user: Uuid) -> sqlx::Result<Option<Recipient>> {
    let email = claim.request.data.as_ref().and_then(|data| data["email"].as_str());
    let Some(email) = email else { return Ok(None) };
    if !outbox::is_claimed(pool, claim, Some(HOURS * 60)).await? {
        return Ok(None);
    }
    let recipient = "SELECT $2 AS email, username, language FROM users.users WHERE id = $1";
    sqlx::query_as(recipient).bind(user).bind(email).fetch_optional(pool).await
}

/// The mail that `claim` asks for, and the page that its button opens. `None` if this version does not know the notice.
pub fn message(claim: &Claim) -> Option<(ActionMail, &'static str)> {
    let data: Data = serde_json::from_value(claim.request.data.clone()?).ok()?;
    let (title, what) = match data.notice {
        Notice::PasswordChanged => (mail::password_changed_title(), mail::password_changed()),
        Notice::PasswordReset => (mail::password_reset_title(), mail::password_reset()),
        Notice::PasswordInvalidated => (mail::password_invalidated_title(), mail::password_invalidated()),
        Notice::EmailChangeRequested => (mail::email_change_requested_title(), mail::email_change_requested()),
        Notice::EmailChangeUndone => (mail::email_change_undone_title(), mail::email_change_undone()),
        Notice::UsernameChanged => (mail::username_changed_title(), mail::username_changed()),
        Notice::DeletionRequested => (mail::deletion_requested_title(), mail::deletion_requested()),
        Notice::Restored => (mail::restored_title(), mail::restored()),
        Notice::Suspended => (mail::suspended_title(), mail::suspended()),
        Notice::Unsuspended => (mail::unsuspended_title(), mail::unsuspended()),
        Notice::Deleted => (mail::deleted_title(), mail::deleted()),
    };
    let until = data.until.map(|until| mail::erased_on(&until.day()));
    let request = mail::noticed(what, &data.change.when(), data.change.software().as_deref(), until.as_deref());
    let (preview, button, limits, unexpected, path) = match data.notice {
        Notice::PasswordInvalidated | Notice::Suspended | Notice::Unsuspended | Notice::Deleted => {
            (mail::operator_preview(), mail::notice_open(), "", mail::by_operator(), "/")
        }
        Notice::EmailChangeUndone => (
            mail::undone_preview(),
            mail::notice_button(),
            mail::undone_limits(),
            mail::notice_unexpected(),
            NEW_PASSWORD,
        ),
        _ => (
            mail::notice_preview(),
            mail::notice_button(),
            mail::notice_limits(),
            mail::notice_unexpected(),
            NEW_PASSWORD,
        ),
    };
    Some((ActionMail { title, preview, request: request.into(), button, limits: limits.into(), unexpected }, path))
}
