//! One conversation with a server: lettre's connection, driven command by command, since the meaning of a rejection
//! depends on the command.

use std::error::Error as _;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use tokio::time::timeout;

use super::limits;
use super::reply::{Step, is_mailbox_error};
use crate::email::transport::{FailureKind, Handover, SendError};

/// How to connect to a server.
pub struct Server {
    pub host: String,
    pub port: u16,
    pub tls: Security,
    pub credentials: Option<Credentials>,
    /// Our name in EHLO.
    pub hello: ClientId,
}

/// When the conversation is encrypted.
pub enum Security {
    FromTheStart(TlsParameters),
    Required(TlsParameters),
    IfOffered(TlsParameters),
}

pub struct Conversation {
    connection: AsyncSmtpConnection,
}

impl Conversation {
    /// Connects, sends EHLO, starts TLS and authenticates.
    pub async fn open(server: &Server) -> Result<Self, SendError> {
        let wrapper = match &server.tls {
            Security::FromTheStart(parameters) => Some(parameters.clone()),
            Security::Required(_) | Security::IfOffered(_) => None,
        };
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (server.host.as_str(), server.port),
            Some(limits::CONNECT),
            &server.hello,
            wrapper,
            None,
        );
        let limit = limits::CONNECT + limits::TLS + limits::GREETING + limits::COMMAND;
        let mut this = Self { connection: await_reply(limit, Step::Other, connecting).await? };
        this.prepare(server).await?;
        Ok(this)
    }

    async fn prepare(&mut self, server: &Server) -> Result<(), SendError> {
        let upgrade = match &server.tls {
            Security::FromTheStart(_) => None,
            Security::Required(parameters) => Some(parameters),
            Security::IfOffered(parameters) => self.connection.can_starttls().then_some(parameters),
        };
        if let Some(parameters) = upgrade {
            let limit = limits::COMMAND + limits::TLS + limits::COMMAND;
            await_reply(limit, Step::Other, self.connection.starttls(parameters.clone(), &server.hello)).await?;
        }
        if let Some(credentials) = &server.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            await_reply(limits::COMMAND, Step::Other, self.connection.auth(&mechanisms, credentials)).await?;
        }
        Ok(())
    }

    /// Hands over the message. Up to `DATA` the conversation can be dropped and repeated. After that, only the server
    /// knows whether it has the mail.
    pub async fn send(
        &mut self,
        from: &Address,
        to: &Address,
        message: &[u8],
        handover: &Handover,
    ) -> Result<(), SendError> {
        let mut parameters = Vec::new();
        if ![from, to].iter().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(SendError::new(FailureKind::Ours, "SMTP: the server lacks a required extension (UTF-8)"));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(Some(from.clone()), parameters);
        await_reply(limits::COMMAND, Step::Other, self.connection.command(mail)).await?;
        let recipient = Rcpt::new(to.clone(), Vec::new());
        await_reply(limits::RECIPIENT, Step::Recipient, self.connection.command(recipient)).await?;
        await_reply(limits::DATA, Step::Other, self.connection.command(Data)).await?;
        handover.begin();
        await_reply(limits::MESSAGE, Step::Other, self.connection.message(message)).await?;
        Ok(())
    }

    /// Sends QUIT. The outcome is already known, so the caller does not wait for this.
    pub async fn close(mut self) {
        let _ = timeout(limits::QUIT, self.connection.quit()).await;
    }
}

async fn await_reply<T>(
    limit: Duration,
    step: Step,
    reply: impl Future<Output = Result<T, Error>>,
) -> Result<T, SendError> {
    match timeout(limit, reply).await {
        Ok(reply) => reply.map_err(|error| failure(step, &error)),
        Err(_) => Err(SendError::new(FailureKind::Outage, "SMTP: no response in time")),
    }
}

fn failure(step: Step, error: &Error) -> SendError {
    let Some(code) = error.status() else {
        return match error {
            error if error.is_timeout() => SendError::new(FailureKind::Outage, "SMTP: no response in time"),
            error if error.is_tls() => SendError::new(FailureKind::Ours, "SMTP: no trusted TLS connection"),
            error if error.is_client() => {
                SendError::new(FailureKind::Ours, "SMTP: the server lacks a required extension (TLS, sign-in)")
            }
            _ => SendError::new(FailureKind::Outage, "SMTP: no connection"),
        };
    };
    let code = u16::from(code);
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    let kind = match code {
        500.. if is_mailbox_error(step, code, &text) => FailureKind::Mailbox,
        500.. => FailureKind::Ours,
        _ if step == Step::Recipient => FailureKind::Later,
        _ => FailureKind::Outage,
    };
    SendError::new(kind, format!("SMTP {code}"))
}
