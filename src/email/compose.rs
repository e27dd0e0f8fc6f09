//! The interface to the code that composes mails.

use async_trait::async_trait;

use super::messages::Mail;
use super::outbox::Claim;
use crate::text::language::Language;

/// The user who receives a mail.
#[derive(sqlx::FromRow)]
pub struct Recipient {
    pub email: String,
    pub username: String,
    /// The language of the mail.
    #[sqlx(try_from = "String")]
    pub language: Language,
}

/// Composes the mails in the outbox, each when it is sent.
#[async_trait]
pub trait Compose: Send + Sync {
    /// All kinds of mail. A worker leaves other kinds to newer versions.
    fn kinds(&self) -> &'static [&'static str];

    /// Returns the mail of `claim`, or `None` if there is nothing left to send: the mail is no longer needed, it has
    /// expired, or another sender has the row. After an error, the claim is due again when its lease expires.
    async fn compose(&self, claim: &Claim) -> sqlx::Result<Option<Mail>>;

    /// Returns whether a mail that [`Self::compose`] no longer returns has expired while it was still needed.
    async fn is_expired(&self, claim: &Claim) -> sqlx::Result<bool>;
}
