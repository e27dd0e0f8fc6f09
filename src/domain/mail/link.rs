//! Mails with a link that contains a one-time token.

use std::borrow::Cow;

use serde::Deserialize as _;
use serde_json::{Value, json};
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::change::Change;
use crate::base::database::begin;
use crate::base::database::pool::Pool;
use crate::base::random;
use crate::base::random::Secret;
use crate::domain::accounts::claims;
use crate::domain::sign_in::client::Client;
use crate::domain::sign_in::one_time_token::Purpose;
use crate::email::compose::Recipient;
use crate::email::messages::ActionMail;
use crate::email::outbox;
use crate::email::outbox::Claim;
use crate::email::request::{Request, Subject};
use crate::text::mail;

/// A kind of mail with a link.
#[derive(Clone, Copy)]
pub struct LinkMail {
    pub kind: &'static str,
    pub purpose: Purpose,
    /// The page that the link opens.
    pub path: &'static str,
    /// Minutes for which a link is valid and its mail is worth sending, unless the request says otherwise.
    minutes: i32,
    /// Gets the column `data` of the request.
    message: fn(&Value) -> ActionMail,
}

pub const SIGN_IN: LinkMail = LinkMail {
    kind: "sign_in_link",
    purpose: Purpose::SignIn,
    path: "/sign-in-link",
    minutes: 15,
    message: |_| ActionMail {
        title: mail::sign_in_title(),
        preview: mail::sign_in_preview(),
        request: Cow::Borrowed(mail::sign_in_request()),
        button: mail::sign_in_button(),
        limits: Cow::Borrowed(mail::sign_in_limits()),
        unexpected: mail::sign_in_unexpected(),
    },
};

pub const RESET_PASSWORD: LinkMail = LinkMail {
    kind: "reset_password",
    purpose: Purpose::ResetPassword,
    path: "/reset-password",
    minutes: 60,
    message: |data| {
        let (request, unexpected) = match data["unusable"].as_bool() {
            Some(true) => (mail::reset_unusable_request(), mail::reset_unusable_unexpected()),
            _ => (mail::reset_request(), mail::reset_unexpected()),
        };
        ActionMail {
            title: mail::reset_title(),
            preview: mail::reset_preview(),
            request: Cow::Borrowed(request),
            button: mail::reset_button(),
            limits: mail::reset_limits(minutes(data, RESET_PASSWORD.minutes)).into(),
            unexpected,
        }
    },
};

pub const CHANGE_EMAIL: LinkMail = LinkMail {
    kind: "change_email",
    purpose: Purpose::ChangeEmail,
    path: "/confirm-email",
    minutes: 24 * 60,
    message: |_| ActionMail {
        title: mail::change_email_title(),
        preview: mail::change_email_preview(),
        request: Cow::Borrowed(mail::change_email_request()),
        button: mail::change_email_button(),
        limits: Cow::Borrowed(mail::change_email_limits()),
        unexpected: mail::change_email_unexpected(),
    },
};

pub const UNDO_EMAIL_CHANGE: LinkMail = LinkMail {
    kind: "undo_email_change",
    purpose: Purpose::UndoEmailChange,
    path: "/undo-email-change",
    minutes: 7 * 24 * 60,
    message: |data| {
        let change = Change::deserialize(data).unwrap_or_default();
        ActionMail {
            title: mail::undo_email_title(),
            preview: mail::undo_email_preview(),
            request: mail::undo_email_request(&change.when(), change.software().as_deref()).into(),
            button: mail::undo_email_button(),
            limits: Cow::Borrowed(mail::undo_email_limits()),
            unexpected: mail::undo_email_unexpected(),
        }
    },
};

/// All of them.
pub const LINKS: [LinkMail; 4] = [SIGN_IN, RESET_PASSWORD, CHANGE_EMAIL, UNDO_EMAIL_CHANGE];

impl LinkMail {
    /// The request for this mail to the address of `user`.
    #[must_use]
    pub fn request(self, user: Uuid) -> Request {
        self.request_for(user, self.minutes)
    }

    /// The request for this mail, whose link is valid for `minutes`.
    #[must_use]
    pub fn request_for(self, user: Uuid, minutes: i32) -> Request {
        self.with(user, json!({ "minutes": minutes }))
    }

    /// The request for this mail to another address, which its token puts in force.
    #[must_use]
    pub fn request_to(self, user: Uuid, email: &str) -> Request {
        self.with(user, json!({ "minutes": self.minutes, "email": email }))
    }

    fn with(self, user: Uuid, data: Value) -> Request {
        Request { kind: self.kind, subject: Subject::Recipient(user), data: Some(data) }
    }

    /// The mail that `claim` asks for.
    #[must_use]
    pub fn message(self, claim: &Claim) -> ActionMail {
        (self.message)(claim.request.data.as_ref().unwrap_or(&Value::Null))
    }

    /// Stores the hash of the token in this mail. Tokens mailed by earlier attempts stay valid, because the provider
    /// may have delivered one without confirming it. Returns `None` if there is nothing left to send: the mail was
    /// discarded or queued too long ago, or another sender has the row.
    ///
    /// Lock order, as everywhere: the user, then the rest.
    pub async fn store_token(
        self,
        pool: &Pool,
        claim: &Claim,
        user: Uuid,
        token: &Secret,
    ) -> sqlx::Result<Option<Recipient>> {
        let mut transaction = begin(pool).await?;
        // Waits for a transaction that is ending the account's links. A separate statement, so that the next one sees
        // which mails it has discarded.
        sqlx::query("SELECT FROM users.users WHERE id = $1 FOR SHARE").bind(user).execute(&mut *transaction).await?;
        let minutes = minutes(claim.request.data.as_ref().unwrap_or(&Value::Null), self.minutes);
        if !outbox::is_claimed(&mut *transaction, claim, Some(minutes)).await? {
            return Ok(None);
        }
        let recipient = "SELECT coalesce($2, email) AS email, username, language FROM users.users WHERE id = $1";
        let recipient: Option<Recipient> =
            sqlx::query_as(recipient).bind(user).bind(address(claim)).fetch_optional(&mut *transaction).await?;
        if recipient.is_none() {
            return Ok(None);
        }
        sqlx::query(
            "INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at, email)
             VALUES ($1, $2, $3, $4, $5, now() + make_interval(mins => $6), $7)",
        )
        .bind(Uuid::now_v7())
        .bind(user)
        .bind(self.purpose.name())
        .bind(claim.id)
        .bind(random::sha256(token))
        .bind(minutes)
        .bind(address(claim))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(recipient)
    }
}

/// The request for a link to choose a new password, after the old one was made unusable.
#[must_use]
pub fn reset_unusable(user: Uuid, minutes: i32) -> Request {
    RESET_PASSWORD.with(user, json!({ "minutes": minutes, "unusable": true }))
}

/// The request for the mail to an address that was replaced, with the link that undoes it. `client` is where the change
/// was confirmed.
#[must_use]
pub fn undo_email_change(user: Uuid, old: &str, client: &Client) -> Request {
    let change = Change::new(OffsetDateTime::now_utc().into(), Some(client));
    let mail = UNDO_EMAIL_CHANGE;
    let mut data = json!(change);
    data["minutes"] = mail.minutes.into();
    data["email"] = old.into();
    mail.with(user, data)
}

/// The minutes in the data of a request. Those of earlier versions have none.
fn minutes(data: &Value, default: i32) -> i32 {
    data["minutes"].as_i64().and_then(|minutes| i32::try_from(minutes).ok()).unwrap_or(default)
}

/// The address that the mail goes to, if it is not the account's.
fn address(claim: &Claim) -> Option<&str> {
    claim.request.data.as_ref()?["email"].as_str()
}

/// The mail to an address that a user wants to change to, although another account has it. The response to the user
/// does not reveal this. Instead, the owner of the address gets this notice.
pub fn address_in_use() -> ActionMail {
    ActionMail {
        title: mail::address_in_use_title(),
        preview: mail::address_in_use_preview(),
        request: Cow::Borrowed(mail::address_in_use_request()),
        button: mail::address_in_use_button(),
        limits: Cow::Borrowed(""),
        unexpected: mail::address_in_use_unexpected(),
    }
}

/// Returns the owner of the address that a user wants to change to, if another account has it and the mail is still
/// wanted.
pub async fn owner_of_requested(pool: &Pool, claim: &Claim, user: Uuid) -> sqlx::Result<Option<Recipient>> {
    let Some(email) = address(claim) else { return Ok(None) };
    let owner = claims::owner_of_email(pool, email).await?.filter(|owner| *owner != user);
    let Some(owner) = owner else { return Ok(None) };
    if !outbox::is_claimed(pool, claim, Some(CHANGE_EMAIL.minutes)).await? {
        return Ok(None);
    }
    let recipient = "SELECT email, username, language FROM users.users WHERE id = $1";
    sqlx::query_as(recipient).bind(owner).fetch_optional(pool).await
}

/// Returns whether the mail has expired, which is the case if its row still exists: deleting the user deletes the row.
pub async fn is_expired(pool: &Pool, claim: &Claim) -> sqlx::Result<bool> {
    outbox::is_claimed(pool, claim, None).await
}
