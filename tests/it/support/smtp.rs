//! A real SMTP server with configurable behavior.

use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{io, thread};

use mailin_embedded::{AuthMechanism, Handler, Response, Server, SslConfig, response};

/// The step of an SMTP conversation that a [`Behavior`] applies to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Hello,
    Sender,
    Recipient,
    Content,
}

/// The reply at one step: a code (250 accepts the mail) and a text, after a delay. An empty text means a reply that
/// repeats the address, as many servers send.
#[derive(Clone, Copy)]
pub struct Behavior {
    pub step: Step,
    pub code: u16,
    pub text: &'static str,
    pub delay: Duration,
}

pub const OK: Behavior = Behavior { step: Step::Recipient, code: 250, text: "", delay: Duration::ZERO };

struct Inner {
    behavior: Behavior,
    recipients: Vec<String>,
    mails: Vec<String>,
    sign_ins: Vec<(String, String)>,
}

#[derive(Clone)]
pub struct SmtpServer {
    inner: Arc<Mutex<Inner>>,
    pub port: u16,
}

impl SmtpServer {
    /// Starts the server without TLS.
    pub fn start() -> Self {
        Self::start_with(SslConfig::None)
    }

    /// Starts the server with STARTTLS, which it requires before authentication.
    pub fn start_tls(certificate: &Path, key: &Path) -> Self {
        let text = |path: &Path| path.to_str().expect("text").to_owned();
        Self::start_with(SslConfig::SelfSigned { cert_path: text(certificate), key_path: text(key) })
    }

    fn start_with(ssl: SslConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let inner = Inner { behavior: OK, recipients: Vec::new(), mails: Vec::new(), sign_ins: Vec::new() };
        let this = Self { inner: Arc::new(Mutex::new(inner)), port };
        let has_tls = !matches!(ssl, SslConfig::None);
        let mut server = Server::new(Session { server: this.clone(), to: String::new(), data: Vec::new() });
        server.with_name("smtp.test").with_tcp_listener(listener).with_num_threads(8);
        server.with_ssl(ssl).expect("a certificate");
        if has_tls {
            server.with_auth(AuthMechanism::Plain);
        }
        thread::spawn(move || server.serve().expect("a server"));
        this
    }

    pub fn set_behavior(&self, behavior: Behavior) {
        self.inner.lock().expect("a lock").behavior = behavior;
    }

    /// The recipients of all mail, rejected ones included.
    pub fn recipients(&self) -> Vec<String> {
        self.inner.lock().expect("a lock").recipients.clone()
    }

    /// The accepted mail, as received.
    pub fn mails(&self) -> Vec<String> {
        self.inner.lock().expect("a lock").mails.clone()
    }

    /// The user name and password of each authentication.
    pub fn sign_ins(&self) -> Vec<(String, String)> {
        self.inner.lock().expect("a lock").sign_ins.clone()
    }
}

#[derive(Clone)]
struct Session {
    server: SmtpServer,
    to: String,
    data: Vec<u8>,
}

impl Session {
    fn reply(&self, step: Step) -> Response {
        let behavior = self.server.inner.lock().expect("a lock").behavior;
        if behavior.step != step {
            return response::OK;
        }
        thread::sleep(behavior.delay);
        match behavior {
            Behavior { code: 250, .. } => response::OK,
            Behavior { text: "", .. } => Response::custom(behavior.code, format!("<{}> is a problem", self.to)),
            _ => Response::custom(behavior.code, behavior.text.to_owned()),
        }
    }
}

impl Handler for Session {
    fn helo(&mut self, _: IpAddr, _: &str) -> Response {
        self.reply(Step::Hello)
    }

    fn mail(&mut self, _: IpAddr, _: &str, _: &str) -> Response {
        self.data.clear();
        self.reply(Step::Sender)
    }

    fn rcpt(&mut self, to: &str) -> Response {
        self.server.inner.lock().expect("a lock").recipients.push(to.to_owned());
        to.clone_into(&mut self.to);
        self.reply(Step::Recipient)
    }

    fn data(&mut self, buffer: &[u8]) -> io::Result<()> {
        self.data.extend_from_slice(buffer);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let reply = self.reply(Step::Content);
        if !reply.is_error {
            let mail = String::from_utf8_lossy(&self.data).into_owned();
            self.server.inner.lock().expect("a lock").mails.push(mail);
        }
        reply
    }

    fn auth_plain(&mut self, _: &str, user: &str, password: &str) -> Response {
        self.server.inner.lock().expect("a lock").sign_ins.push((user.to_owned(), password.to_owned()));
        response::AUTH_OK
    }
}
