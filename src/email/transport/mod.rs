//! The ways to send a mail, chosen by the scheme of `EMAIL_PROVIDER_URL`.

pub mod folder;
mod http;
mod smtp;

use std::borrow::Cow;

use anyhow::{Context as _, bail};
use url::Url;

use self::folder::Folder;
use self::http::HttpApi;
use self::smtp::Smtp;
use super::message::Mail;
use crate::server::secret::Secret;

/// Why a mail was not sent, told by kind and code only: what a provider says often repeats the
/// address, and this goes into logs and the database.
#[derive(Debug, PartialEq, Eq)]
pub enum SendError {
    /// May go well later.
    Transient(Cow<'static, str>),
    /// This mail will never be taken.
    Permanent(Cow<'static, str>),
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
    pub fn new(provider: Option<&Url>, key: &Secret<String>) -> anyhow::Result<Self> {
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

    /// Makes one attempt. The caller limits its time.
    ///
    /// # Errors
    /// Whether trying again makes sense, and why.
    pub async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::Http(api) => api.send(mail).await,
            Self::Folder(folder) => folder.send(mail).await,
            Self::Unset => Err(SendError::Transient("EMAIL_PROVIDER_URL is not set".into())),
        }
    }
}
