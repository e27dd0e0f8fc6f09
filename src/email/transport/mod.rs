//! The ways to send a mail, chosen by the scheme of `EMAIL_PROVIDER_URL`.

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

/// Why a mail was not sent, told by kind and code only: what a provider says often repeats the
/// address, and this goes into logs and the database.
#[derive(Debug, PartialEq, Eq)]
pub struct SendError {
    pub kind: FailureKind,
    pub text: Cow<'static, str>,
    /// The wait that the provider asks for, before it is sent anything.
    pub retry_after: Option<Duration>,
}

/// What is wrong, and with it whether the mail is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The provider is away, slow or busy: passes by itself. Tried again.
    Outage,
    /// The provider refuses us or what we say, and would refuse all mails: someone has to correct something.
    /// Tried again.
    Ours,
    /// This mailbox takes no mail now: it is full, or greylists us. Tried again.
    Later,
    /// The mailbox will never take a mail. Final.
    Mailbox,
}

impl SendError {
    pub fn new(kind: FailureKind, text: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, text: text.into(), retry_after: None }
    }
}

/// Whether the provider may have the mail. Until then an attempt can be dropped, and begun again, without the
/// mail being sent twice.
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
    /// When the URL's scheme is unknown or TLS cannot be set up.
    pub fn new(provider: Option<&Url>, key: &SecretString) -> anyhow::Result<Self> {
        let Some(url) = provider else { return Ok(Self::Unset) };
        Ok(match url.scheme() {
            "smtp" | "smtps" => Self::Smtp(Smtp::new(url, key)?),
            "http" | "https" => Self::Http(HttpApi::new(url, key)?),
            "file" => {
                let dir = url.to_file_path().ok().context("not the path of a folder")?;
                Self::Folder(Folder::new(dir))
            }
            scheme => bail!("mail cannot be sent by {scheme}"),
        })
    }

    /// Makes one attempt, within the limits of the transport, and notes in `handover` when it can no longer be
    /// taken back.
    ///
    /// # Errors
    /// Whether trying again makes sense, and why.
    pub async fn send(&self, mail: &Mail, handover: &Handover) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail, handover).await,
            Self::Http(api) => api.send(mail, handover).await,
            Self::Folder(folder) => folder.send(mail).await,
            Self::Unset => Err(SendError::new(FailureKind::Ours, "EMAIL_PROVIDER_URL is not set")),
        }
    }
}
