//! SMTP through lettre.

use std::error::Error as _;
use std::net::IpAddr;

use anyhow::Context as _;
use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use url::{Host, Url};
use uuid::Uuid;

use super::SendError;
use crate::email::message::Mail;
use crate::server::secret::Secret;

/// Statuses of RFC 3463 that mean the recipient's address, whoever sends.
const BAD_RECIPIENT: [&str; 8] = ["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"];

pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Smtp {
    /// `smtps://` speaks TLS from the first byte. `smtp://` asks for STARTTLS: with a user in the
    /// URL it insists, since the password follows, unless the server is this machine or the URL
    /// ends in `?tls=opportunistic`; without one it takes what it gets.
    pub(super) fn new(url: &Url, key: &Secret<String>) -> anyhow::Result<Self> {
        let host = url.host_str().context("no host")?;
        let user = url.username();
        let parameters = TlsParameters::new(host.to_owned())?;
        let tls = match url.scheme() {
            "smtps" => Tls::Wrapper(parameters),
            _ if insists_on_tls(url) => Tls::Required(parameters),
            _ => Tls::Opportunistic(parameters),
        };
        let port = match (url.scheme(), user) {
            ("smtps", _) => SUBMISSIONS_PORT,
            (_, "") => SMTP_PORT,
            _ => SUBMISSION_PORT,
        };
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host).tls(tls).port(url.port().unwrap_or(port));
        if !user.is_empty() {
            let user = percent_encoding::percent_decode_str(user).decode_utf8()?.into_owned();
            builder = builder.credentials(Credentials::new(user, key.expose().clone()));
        }
        Ok(Self { transport: builder.build() })
    }

    pub(super) async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let message = compose(mail)?;
        self.transport.send(message).await.map(drop).map_err(|error| failure(&error))
    }
}

fn insists_on_tls(url: &Url) -> bool {
    !url.username().is_empty() && !is_loopback(url) && url.query() != Some("tls=opportunistic")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // The URL's scheme is none that the parser knows hosts of, so an address may come as text.
        Some(Host::Domain(name)) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn compose(mail: &Mail) -> Result<Message, SendError> {
    let mailbox = |text: &str| -> Result<Mailbox, SendError> {
        text.parse().map_err(|_: AddressError| SendError::Permanent("not an address that SMTP can carry".into()))
    };
    let from = mailbox(&mail.from)?;
    let message_id = format!("<{}@{}>", Uuid::now_v7(), from.email.domain());
    // No out-of-office notes in return (RFC 3834).
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    Message::builder()
        .message_id(Some(message_id))
        .raw_header(automatic)
        .from(from)
        .to(mailbox(&mail.to)?)
        .subject(&mail.subject)
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .map_err(|_| SendError::Permanent("not a mail that SMTP can carry".into()))
}

fn failure(error: &Error) -> SendError {
    let Some(code) = error.status() else {
        let kind = match error {
            error if error.is_timeout() => "SMTP: no answer in time",
            error if error.is_tls() => "SMTP: no trusted TLS connection",
            error if error.is_client() => "SMTP: the server lacks what is needed (TLS, sign-in, UTF-8)",
            _ => "SMTP: no connection",
        };
        return SendError::Transient(kind.into());
    };
    let code = code.to_string();
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    let text = format!("SMTP {code}").into();
    if refuses_recipient(&code, &said) { SendError::Permanent(text) } else { SendError::Transient(text) }
}

/// Whether the server will never take a mail to this address. Other permanent answers (a rejected
/// password, relaying denied, our own address on a blocklist) refuse all mails alike: somebody has
/// to correct something, and then they still have to go out.
fn refuses_recipient(code: &str, said: &str) -> bool {
    let enhanced = said.split_whitespace().next().filter(|word| word.starts_with("5."));
    match enhanced {
        Some(status) => code.starts_with('5') && BAD_RECIPIENT.contains(&status),
        None => ["550", "551", "553", "556"].contains(&code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_wants_tls_except_on_this_machine_or_on_demand() {
        let insists = |url: &str| insists_on_tls(&url.parse().expect("a URL"));
        assert!(insists("smtp://kith@mail.example") && insists("smtp://kith@192.0.2.1:587"));
        assert!(!insists("smtp://mail.example") && !insists("smtp://kith@mail.example?tls=opportunistic"));
        for local in ["localhost", "127.0.0.1:1025", "[::1]:1025"] {
            assert!(!insists(&format!("smtp://kith@{local}")), "{local}");
        }
    }

    #[test]
    fn only_a_refused_recipient_is_permanent() {
        for (code, said) in [("550", ""), ("550", "No such user"), ("553", "Bad mailbox"), ("550", "5.1.1 <a@b>")] {
            assert!(refuses_recipient(code, said), "{code} {said}");
        }
        for (code, said) in [
            ("535", "5.7.8 Bad credentials"),
            ("554", "5.7.1 Relay access denied"),
            ("550", "5.7.1 Blocked"),
            ("450", "4.2.1 Later"),
            ("421", ""),
        ] {
            assert!(!refuses_recipient(code, said), "{code} {said}");
        }
    }
}
