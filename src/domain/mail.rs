//! The service's mails: their kinds, and the code that composes each.

use async_trait::async_trait;
use sqlx::PgPool;
use url::Url;

use crate::base::random;
use crate::domain::accounts::verification_mail;
use crate::domain::sign_in::link_mail;
use crate::email::address;
use crate::email::compose::{Compose, Recipient};
use crate::email::messages::Mail;
use crate::email::outbox::Claim;
use crate::email::request::{Request, Subject};

/// Composes the service's mails.
pub struct Mails {
    pub pool: PgPool,
    /// The sender of all mails.
    pub from: String,
    /// The origin of links.
    pub public_url: Url,
}

#[async_trait]
impl Compose for Mails {
    fn kinds(&self) -> &'static [&'static str] {
        &[verification_mail::KIND, link_mail::KIND]
    }

    async fn compose(&self, claim: &Claim) -> sqlx::Result<Option<Mail>> {
        // A new token for each attempt: only the hash is stored, so an earlier token cannot be mailed again.
        let token = random::secret()
            .map_err(|_| sqlx::Error::Protocol("the operating system returned no random bytes".to_owned()))?;
        let (recipient, message, path) = match claim.request {
            Request { kind: verification_mail::KIND, subject: Subject::Verification(id) } => {
                let recipient = verification_mail::store_token(&self.pool, claim, id, &token).await?;
                (recipient, verification_mail::MESSAGE, "/verify-email")
            }
            Request { kind: link_mail::KIND, subject: Subject::Recipient(user) } => {
                let recipient = link_mail::store_token(&self.pool, claim, user, &token).await?;
                (recipient, link_mail::MESSAGE, "/sign-in-link")
            }
            Request { .. } => return Ok(None),
        };
        let Some(Recipient { email, username }) = recipient else { return Ok(None) };
        let mut link = self.public_url.clone();
        link.set_path(path);
        link.set_query(Some(&format!("token={}", random::encode(&token))));
        Ok(Some(message.mail(&self.from, &address::quoted(&email), &username, link.as_str())))
    }

    async fn is_expired(&self, claim: &Claim) -> sqlx::Result<bool> {
        match claim.request {
            Request { kind: verification_mail::KIND, subject: Subject::Verification(id) } => {
                verification_mail::is_expired(&self.pool, id).await
            }
            Request { .. } => link_mail::is_expired(&self.pool, claim).await,
        }
    }
}
