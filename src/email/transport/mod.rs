//! The transports for mail, chosen by the scheme of `EMAIL_PROVIDER_URL`.

pub mod folder;
mod http;
mod smtp;

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use secrecy::SecretString;
use url::Url;

use self::folder::Folder;
use self::http::HttpApi;
use self::smtp::Smtp;
use super::messages::Mail;

/// Why a mail was not sent, as kind and code only. The provider's own text often repeats the address, and this error is
/// written to logs and the database.
#[derive(Debug, PartialEq, Eq)]
pub struct SendError {
    pub kind: FailureKind,
    pub text: Cow<'static, str>,
    /// The delay that the provider requests before it is sent anything else.
    pub retry_after: Option<Duration>,
}

/// The cause of a failure, which decides whether the mail is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The provider is down, slow or busy, which passes on its own. Retried.
    Outage,
    /// The provider rejects us or our requests, and would reject all mails until an operator corrects something.
    /// Retried.
    Ours,
    /// The mailbox accepts no mail now: it is full or greylists us. Retried.
    Later,
    /// The mailbox will never accept mail. Final.
    Mailbox,
}

impl SendError {
    pub fn new(kind: FailureKind, text: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, text: text.into(), retry_after: None }
    }
}

/// Records whether the provider may have the mail. Until then, an attempt can be dropped and repeated without sending
/// the mail twice.
#[derive(Default)]
pub struct Handover(AtomicBool);

impl Handover {
    fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

pub enum Transport {
    Smtp(Smtp),
    Http(HttpApi),
    Folder(Folder),
    /// `EMAIL_PROVIDER_URL` is not set: every attempt fails, and the mail stays in the outbox.
    Unset,
}

impl Transport {
    /// # Errors
    /// If the URL's scheme is unknown or TLS cannot be set up.
    pub fn new(provider: Option<&Url>, key: &SecretString) -> anyhow::Result<Self> {
        let Some(url) = provider else { return Ok(Self::Unset) };
        Ok(match url.scheme() {
            "smtp" | "smtps" => Self::Smtp(Smtp::new(url, key)?),
            "http" | "https" => Self::Http(HttpApi::new(url, key)?),
            "file" => {
                let dir = url.to_file_path().ok().context("not the path of a folder")?;
                Self::Folder(Folder::new(dir))
            }
            scheme => bail!("cannot send mail over {scheme}"),
        })
    }

    /// Makes one attempt, within the timeouts of the transport, and records in `handover` when the provider may have
    /// the mail.
    ///
    /// # Errors
    /// The cause, and with it whether to retry.
    pub async fn send(&self, mail: &Mail, handover: &Handover) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail, handover).await,
            Self::Http(api) => api.send(mail, handover).await,
            Self::Folder(folder) => folder.send(mail).await,
            Self::Unset => Err(SendError::new(FailureKind::Ours, "EMAIL_PROVIDER_URL is not set")),
        }
    }
}
