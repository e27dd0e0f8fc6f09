//! The provider's HTTP API: `POST {from, to, subject, html, text}` with a Bearer key.

use std::time::Duration;

use reqwest::{Client, StatusCode, redirect};
use url::Url;

use super::SendError;
use crate::email::message::Mail;
use crate::server::secret::Secret;

const CONNECT_LIMIT: Duration = Duration::from_secs(5);

pub struct HttpApi {
    client: Client,
    url: Url,
    key: Secret<String>,
}

impl HttpApi {
    pub(super) fn new(url: &Url, key: &Secret<String>) -> reqwest::Result<Self> {
        // A redirect would carry the key to somebody else.
        let client = Client::builder().redirect(redirect::Policy::none()).connect_timeout(CONNECT_LIMIT).build()?;
        Ok(Self { client, url: url.clone(), key: key.clone() })
    }

    pub(super) async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let request = self.client.post(self.url.clone()).bearer_auth(self.key.expose()).json(mail);
        match request.send().await {
            Ok(response) => outcome(response.status()),
            Err(error) if error.is_connect() => Err(SendError::Transient("cannot connect to the HTTP API".into())),
            Err(_) => Err(SendError::Transient("no complete answer from the HTTP API".into())),
        }
    }
}

/// What an answer means for this mail. A wrong key or path (401, 403, 404 …) refuses all mails
/// alike: somebody has to correct the configuration, and then they still have to go out.
fn outcome(status: StatusCode) -> Result<(), SendError> {
    let text = format!("HTTP {}", status.as_u16()).into();
    match status.as_u16() {
        200..=299 => Ok(()),
        401 | 403 | 404 | 405 | 407 | 408 | 425 | 429 => Err(SendError::Transient(text)),
        400..=499 => Err(SendError::Permanent(text)),
        _ => Err(SendError::Transient(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_this_mail_is_permanent() {
        let kind = |code| {
            outcome(StatusCode::from_u16(code).expect("a status")).map_err(|error| match error {
                SendError::Permanent(_) => "permanent",
                SendError::Transient(_) => "transient",
            })
        };
        for code in [200, 202, 204] {
            assert_eq!(kind(code), Ok(()), "{code}");
        }
        for code in [301, 307, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(kind(code), Err("transient"), "{code}");
        }
        for code in [400, 406, 410, 413, 422] {
            assert_eq!(kind(code), Err("permanent"), "{code}");
        }
    }
}
