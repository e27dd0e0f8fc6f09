//! Settings for sending mail.

use lettre::message::Mailbox;
use secrecy::SecretString;
use url::{Host, Url};

use super::environment::{Environment, variables};

variables! {
    EMAIL_API_KEY: "the API key of the email provider (for SMTP, the password)",
    EMAIL_PROVIDER_URL: "smtp://user@host:port, smtps://user@host:port, https://host/path or http://host/path, without a password (set EMAIL_API_KEY instead)",
    EMAIL_FROM: "an address such as Kith <no-reply@example.com>",
}

#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `EMAIL_API_KEY`, required: the Bearer key or the SMTP password.
    pub api_key: SecretString,
    /// `EMAIL_PROVIDER_URL`. Without it the service still runs: registrations are accepted, mail waits in the outbox,
    /// and every attempt is logged as failed. Waiting mail is sent after a restart with the variable set.
    pub provider_url: Option<Url>,
    /// `EMAIL_FROM`, by default `Kith <no-reply@(host of PUBLIC_URL)>`.
    pub from: Mailbox,
}

impl MailSettings {
    pub(super) fn read<L: Fn(&str) -> Option<String>>(
        env: &mut Environment<L>,
        public_url: Option<&Url>,
    ) -> Option<Self> {
        let api_key = env.required_secret(EMAIL_API_KEY, |key| Some(key.to_owned()));
        let provider_url = env.optional(EMAIL_PROVIDER_URL, provider_url);
        let from = env.optional(EMAIL_FROM, |text| text.parse().ok()).or_else(|| {
            let host = match public_url?.host()? {
                // Mail libraries do not parse such an address, and such an origin is only used locally.
                Host::Ipv6(_) => "localhost".to_owned(),
                host => host.to_string(),
            };
            format!("Kith <no-reply@{host}>").parse().ok()
        });
        if from.is_none() && public_url.is_some() {
            env.missing(EMAIL_FROM);
        }
        Some(Self { api_key: api_key?.into(), provider_url, from: from? })
    }
}

fn provider_url(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let usable = match url.scheme() {
        "smtp" | "smtps" | "http" | "https" => url.host_str().is_some_and(|host| !host.is_empty()),
        "file" => url.to_file_path().is_ok(),
        _ => false,
    };
    // The password has its own variable. In a URL it would end up in logs.
    (usable && url.password().is_none()).then_some(url)
}
