//! The provider's HTTP API: `POST {from, to, subject, html, text}` with a Bearer key.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{FailureKind, Handover, SendError};
use crate::email::messages::Mail;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// From the request to the end of the response. If it is too short, a slow provider gets mails twice. If it is too
/// long, not all mail is sent within 75 s after a provider that hung is back.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(45);

pub struct HttpApi {
    client: Client,
    url: Url,
    key: SecretString,
}

impl HttpApi {
    pub(super) fn new(url: &Url, key: &SecretString) -> reqwest::Result<Self> {
        // A redirect would send the key to another host.
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(RESPONSE_TIMEOUT)
            .build()?;
        Ok(Self { client, url: url.clone(), key: key.clone() })
    }

    pub(super) async fn send(&self, mail: &Mail, handover: &Handover) -> Result<(), SendError> {
        let request = self.client.post(self.url.clone()).bearer_auth(self.key.expose_secret()).json(mail);
        // A provider that has the first bytes may have the mail.
        handover.begin();
        match request.send().await {
            Ok(response) => outcome(response.status(), retry_after(response.headers(), SystemTime::now())),
            Err(error) if error.is_connect() => {
                Err(SendError::new(FailureKind::Outage, "cannot connect to the HTTP API"))
            }
            Err(error) if error.is_timeout() => Err(SendError::new(FailureKind::Outage, "no response in time")),
            Err(_) => Err(SendError::new(FailureKind::Outage, "no complete response from the HTTP API")),
        }
    }
}

/// The meaning of a response. No rejection is final: an API returns 400 or 422 for invalid requests, 401 to 404 for a
/// wrong key or path, and 402 for an unpaid bill. An operator has to correct that, and then the mail still has to be
/// sent.
fn outcome(status: StatusCode, retry_after: Option<Duration>) -> Result<(), SendError> {
    let kind = match status.as_u16() {
        200..=299 => return Ok(()),
        408 | 425 | 429 => FailureKind::Outage,
        300..=499 => FailureKind::Ours,
        _ => FailureKind::Outage,
    };
    let error = SendError::new(kind, format!("HTTP {}", status.as_u16()));
    let may_delay = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    Err(SendError { retry_after: retry_after.filter(|_| may_delay), ..error })
}

/// The delay that the provider requests, in seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        // A date in the past means no delay.
        Err(_) => Some(httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejections_are_ours_to_correct_and_never_final() {
        let kind = |code| outcome(StatusCode::from_u16(code).expect("a status"), None).map_err(|error| error.kind);
        for code in [200, 202, 204] {
            assert_eq!(kind(code), Ok(()), "{code}");
        }
        for code in [408, 425, 429, 500, 502, 503, 504, 529] {
            assert_eq!(kind(code), Err(FailureKind::Outage), "{code}");
        }
        for code in [301, 307, 400, 401, 402, 403, 404, 406, 410, 413, 422] {
            assert_eq!(kind(code), Err(FailureKind::Ours), "{code}");
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        for (value, wait) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().expect("a value"))]);
            assert_eq!(retry_after(&headers, now), wait.map(Duration::from_secs), "{value}");
        }
        let is_delayed = |code| {
            let outcome = outcome(StatusCode::from_u16(code).expect("a status"), Some(Duration::from_secs(9)));
            outcome.expect_err("a failure").retry_after.is_some()
        };
        assert!(is_delayed(429) && is_delayed(503) && !is_delayed(500) && !is_delayed(301));
    }
}
