//! Notices: mails that tell the owner of an account what was changed in it, so that they notice what they did not do
//! (OWASP ASVS 6.3.7).

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use crate::base::database::pool::Pool;
use crate::domain::sign_in::client;
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
    at: Timestamp,
    /// The kind of browser, such as “Firefox on Windows”.
    client: Option<String>,
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
    let data = Data { notice, email, at: at.into(), client: client.and_then(describe), until };
    let request = Request { kind: KIND, subject: Subject::Recipient(user), data: Some(json!(data)) };
    outbox::enqueue(connection, request).await
}

/// Returns the kind of browser, such as “Firefox on Windows”, if it is recognized.
#[must_use]
pub fn describe(client: &Client) -> Option<String> {
    let user_agent = client.user_agent.as_deref()?;
    match (client::browser(user_agent), client::system(user_agent)) {
        (Some(browser), Some(system)) => Some(mail::browser_on_system(browser, system)),
        (Some(name), None) | (None, Some(name)) => Some(name.to_owned()),
        (None, None) => None,
    }
}

/// Returns the recipient, or `None` if the notice is too old or another sender has the row.
pub async fn recipient(pool: &Pool, claim: &Claim, user: Uuid) -> sqlx::Result<Option<Recipient>> {
    let email = claim.request.data.as_ref().and_then(|data| data["email"].as_str());
    let Some(email) = email else { return Ok(None) };
    if !outbox::is_claimed(pool, claim, Some(HOURS * 60)).await? {
        return Ok(None);
    }
    let recipient = "SELECT $2 AS email, username FROM users.users WHERE id = $1";
    sqlx::query_as(recipient).bind(user).bind(email).fetch_optional(pool).await
}

/// The mail that `claim` asks for, and the page that its button opens. `None` if this version does not know the notice.
pub fn message(claim: &Claim) -> Option<(ActionMail, &'static str)> {
    let data: Data = serde_json::from_value(claim.request.data.clone()?).ok()?;
    let (title, what) = match data.notice {
        Notice::PasswordChanged => mail::PASSWORD_CHANGED,
        Notice::PasswordReset => mail::PASSWORD_RESET,
        Notice::PasswordInvalidated => mail::PASSWORD_INVALIDATED,
        Notice::EmailChangeRequested => mail::EMAIL_CHANGE_REQUESTED,
        Notice::EmailChangeUndone => mail::EMAIL_CHANGE_UNDONE,
        Notice::UsernameChanged => mail::USERNAME_CHANGED,
        Notice::DeletionRequested => mail::DELETION_REQUESTED,
        Notice::Restored => mail::RESTORED,
        Notice::Suspended => mail::SUSPENDED,
        Notice::Unsuspended => mail::UNSUSPENDED,
        Notice::Deleted => mail::DELETED,
    };
    let until = data.until.map(|until| mail::erased_on(&until.day()));
    let request = mail::noticed(what, &data.at.minute(), data.client.as_deref(), until.as_deref());
    let (preview, button, limits, unexpected, path) = match data.notice {
        Notice::PasswordInvalidated | Notice::Suspended | Notice::Unsuspended | Notice::Deleted => {
            (mail::OPERATOR_PREVIEW, mail::NOTICE_OPEN, "", mail::BY_OPERATOR, "/")
        }
        Notice::EmailChangeUndone => {
            (mail::UNDONE_PREVIEW, mail::NOTICE_BUTTON, mail::UNDONE_LIMITS, mail::NOTICE_UNEXPECTED, NEW_PASSWORD)
        }
        _ => (mail::NOTICE_PREVIEW, mail::NOTICE_BUTTON, mail::NOTICE_LIMITS, mail::NOTICE_UNEXPECTED, NEW_PASSWORD),
    };
    Some((ActionMail { title, preview, request: request.into(), button, limits: limits.into(), unexpected }, path))
}
