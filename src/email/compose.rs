//! Who knows what mails say.

use async_trait::async_trait;

use super::messages::Mail;
use super::outbox::Claim;

/// The user that a mail goes to.
#[derive(sqlx::FromRow)]
pub struct Recipient {
    pub email: String,
    pub username: String,
}

/// Writes the mails that the outbox is asked for, each when it is sent.
#[async_trait]
pub trait Compose: Send + Sync {
    /// All kinds of mail. A worker leaves others to newer versions.
    fn kinds(&self) -> &'static [&'static str];

    /// The mail of `claim`. `None` when nothing is left to send: it is no longer needed, its time is over, or another sender
    /// has the row.
    ///
    /// # Errors
    /// Faults of the database: the claim is due again when its lease ends.
    async fn compose(&self, claim: &Claim) -> sqlx::Result<Option<Mail>>;

    /// Whether someone still waits for a mail that [`Self::compose`] no longer writes, since its time is over.
    async fn is_expired(&self, claim: &Claim) -> sqlx::Result<bool>;
}
