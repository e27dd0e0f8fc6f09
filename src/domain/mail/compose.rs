//! Composes the service's mails, each when it is sent.

use async_trait::async_trait;
use url::Url;
use uuid::Uuid;

use super::link::{self, LINKS, LinkMail};
use super::notice;
use crate::base::database::pool::Pool;
use crate::base::random;
use crate::base::random::Secret;
use crate::domain::accounts::verification_mail;
use crate::domain::sign_in::legacy;
use crate::email::address;
use crate::email::compose::{Compose, Recipient};
use crate::email::messages::{ActionMail, Mail};
use crate::email::outbox::Claim;
use crate::email::request::Subject;

/// All kinds of mail.
const KINDS: [&str; 2 + LINKS.len()] =
    [verification_mail::KIND, notice::KIND, LINKS[0].kind, LINKS[1].kind, LINKS[2].kind, LINKS[3].kind];

/// Composes the service's mails.
pub struct Mails {
    pub pool: Pool,
    /// The sender of all mails.
    pub from: String,
    /// The origin of links. Nothing in a request changes it.
    pub public_url: Url,
}

#[async_trait]
impl Compose for Mails {
    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    async fn compose(&self, claim: &Claim) -> sqlx::Result<Option<Mail>> {
        match (claim.request.kind, claim.request.subject) {
            (verification_mail::KIND, Subject::Verification { id, user }) => {
                let Some(user) = self.user_of(id, user).await? else { return Ok(None) };
                let token = new_token()?;
                let recipient = verification_mail::store_token(&self.pool, claim, user, id, &token).await?;
                let message = || Some((verification_mail::message(), "/verify-email"));
                Ok(recipient.and_then(|to| self.mail(&to, Some((user, &token)), message)))
            }
            (notice::KIND, Subject::Recipient(user)) => {
                let recipient = notice::recipient(&self.pool, claim, user).await?;
                Ok(recipient.and_then(|to| self.mail(&to, None, || notice::message(claim))))
            }
            (kind, Subject::Recipient(user)) => match LINKS.into_iter().find(|link| link.kind == kind) {
                Some(link) => self.compose_link(claim, link, user).await,
                None => Ok(None),
            },
            (_, Subject::Verification { .. }) => Ok(None),
        }
    }

    async fn is_expired(&self, claim: &Claim) -> sqlx::Result<bool> {
        match claim.request.subject {
            Subject::Verification { id, user } => match self.user_of(id, user).await? {
                Some(user) => verification_mail::is_expired(&self.pool, user, id).await,
                None => Ok(false),
            },
            Subject::Recipient(_) => link::is_expired(&self.pool, claim).await,
        }
    }
}

impl Mails {
    /// Returns the user of a verification. Mails queued by versions before migration 0023 do not name them.
    async fn user_of(&self, verification: Uuid, user: Option<Uuid>) -> sqlx::Result<Option<Uuid>> {
        match user {
            Some(user) => Ok(Some(user)),
            None => legacy::user_of_verification(&self.pool, verification).await,
        }
    }

    async fn compose_link(&self, claim: &Claim, link: LinkMail, user: Uuid) -> sqlx::Result<Option<Mail>> {
        if link.kind == link::CHANGE_EMAIL.kind
            && let Some(owner) = link::owner_of_requested(&self.pool, claim, user).await?
        {
            return Ok(self.mail(&owner, None, || Some((link::address_in_use(), "/login"))));
        }
        // A new token for each attempt: only the hash is stored, so an earlier token cannot be mailed again.
        let token = new_token()?;
        let recipient = link.store_token(&self.pool, claim, user, &token).await?;
        Ok(recipient.and_then(|to| self.mail(&to, Some((user, &token)), || Some((link.message(claim), link.path)))))
    }

    /// Composes a mail in the language of its recipient. `message` returns the mail and the page that its link opens.
    fn mail(
        &self,
        recipient: &Recipient,
        token: Option<(Uuid, &Secret)>,
        message: impl FnOnce() -> Option<(ActionMail, &'static str)>,
    ) -> Option<Mail> {
        let compose = || {
            let (message, path) = message()?;
            let mut link = self.public_url.clone();
            link.set_path(path);
            link.set_query(
                token.map(|(user, token)| format!("token={}", random::encode_owned(user, token))).as_deref(),
            );
            let to = address::quoted(&recipient.email);
            Some(message.mail(&self.from, &to, &recipient.username, link.as_str()))
        };
        recipient.language.scope(compose)
    }
}

fn new_token() -> sqlx::Result<Secret> {
    random::secret().map_err(|_| sqlx::Error::Protocol("the operating system returned no random bytes".to_owned()))
}
