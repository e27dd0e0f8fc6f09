//! SMTP: lettre formats the mail and implements the protocol.

mod conversation;
mod limits;
mod reply;

use std::net::IpAddr;

use anyhow::Context as _;
use lettre::address::{AddressError, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::TlsParameters;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use lettre::{Address, Message};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};
use uuid::Uuid;

use self::conversation::{Conversation, Security, Server};
use super::{FailureKind, Handover, SendError};
use crate::email::messages::Mail;

pub struct Smtp {
    server: Server,
}

impl Smtp {
    /// `smtps://` uses TLS from the first byte. `smtp://` uses STARTTLS. With a user in the URL it is required, since
    /// the password follows, unless the server is this machine or the URL ends in `?tls=opportunistic`. Without a user
    /// it is used if offered.
    pub(super) fn new(url: &Url, key: &SecretString) -> anyhow::Result<Self> {
        let host = url.host_str().context("no host")?.to_owned();
        let user = url.username();
        let parameters = TlsParameters::new(host.clone())?;
        let tls = match url.scheme() {
            "smtps" => Security::FromTheStart(parameters),
            _ if requires_tls(url) => Security::Required(parameters),
            _ => Security::IfOffered(parameters),
        };
        let port = match (url.scheme(), user) {
            ("smtps", _) => SUBMISSIONS_PORT,
            (_, "") => SMTP_PORT,
            _ => SUBMISSION_PORT,
        };
        let mut credentials = None;
        if !user.is_empty() {
            let user = percent_encoding::percent_decode_str(user).decode_utf8()?.into_owned();
            credentials = Some(Credentials::new(user, key.expose_secret().to_owned()));
        }
        let port = url.port().unwrap_or(port);
        Ok(Self { server: Server { host, port, tls, credentials, hello: ClientId::default() } })
    }

    pub(super) async fn send(&self, mail: &Mail, handover: &Handover) -> Result<(), SendError> {
        let from: Mailbox = mail.from.parse().map_err(|_: AddressError| unsupported_address())?;
        let to = recipient(&mail.to)?;
        let message = compose(mail, from.clone(), to.clone())?.formatted();
        let mut conversation = Conversation::open(&self.server).await?;
        let sent = conversation.send(&from.email, &to, &message, handover).await;
        tokio::spawn(conversation.close());
        sent
    }
}

fn requires_tls(url: &Url) -> bool {
    !url.username().is_empty() && !is_loopback(url) && url.query() != Some("tls=opportunistic")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // The parser does not parse IPv4 addresses for this scheme, so an address may be a domain.
        Some(Host::Domain(name)) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Parses an address that `email/address.rs` has quoted.
fn recipient(to: &str) -> Result<Address, SendError> {
    let (user, domain) = to.rsplit_once('@').ok_or_else(unsupported_address)?;
    Address::new(user, domain).map_err(|_| unsupported_address())
}

fn unsupported_address() -> SendError {
    SendError::new(FailureKind::Ours, "not an address that SMTP can carry")
}

fn compose(mail: &Mail, from: Mailbox, to: Address) -> Result<Message, SendError> {
    let message_id = format!("<{}@{}>", Uuid::now_v7(), from.email.domain());
    // Prevents out-of-office replies (RFC 3834).
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    // Otherwise lettre reads it from the headers, with a parser that does not support quoted local parts.
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(|_| unsupported_address())?;
    Message::builder()
        .envelope(envelope)
        .message_id(Some(message_id))
        .raw_header(automatic)
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(&mail.subject)
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .map_err(|_| SendError::new(FailureKind::Ours, "not a mail that SMTP can carry"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::email::address;
    use crate::model::email;

    #[test]
    fn a_password_requires_tls_except_on_this_machine_or_if_configured() {
        let required = |url: &str| requires_tls(&url.parse().expect("a URL"));
        assert!(required("smtp://kith@mail.example") && required("smtp://kith@192.0.2.1:587"));
        assert!(!required("smtp://mail.example") && !required("smtp://kith@mail.example?tls=opportunistic"));
        for local in ["localhost", "127.0.0.1:1025", "[::1]:1025"] {
            assert!(!required(&format!("smtp://kith@{local}")), "{local}");
        }
    }

    proptest! {
        #[test]
        fn smtp_supports_every_address_that_can_register(
            local in "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}|[a.]{1,64}",
            domain in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]){1,3}",
        ) {
            let email = format!("{local}@{domain}");
            prop_assume!(email::check(&email).is_ok());
            let to = recipient(&address::quoted(&email)).expect("an address");
            // The command contains the domain as it was typed.
            prop_assert_eq!(to.domain(), domain);
            let mail = Mail {
                from: "Kith <a@b.c>".to_owned(),
                to: to.to_string(),
                subject: "Title".to_owned(),
                html: "<p>LINK</p>".to_owned(),
                text: "LINK".to_owned(),
            };
            let message = compose(&mail, "Kith <a@b.c>".parse().expect("a sender"), to.clone()).expect("a mail");
            prop_assert!(message.formatted().is_ascii());
            let lines = String::from_utf8(message.formatted()).expect("text");
            prop_assert!(lines.contains(&format!("To: {to}\r\n")), "{}", lines);
        }
    }
}
