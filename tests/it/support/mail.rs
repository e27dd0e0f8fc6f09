//! The Email Provider: a real HTTP server that stores the mail it receives.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The `EMAIL_API_KEY` that it requires.
pub const API_KEY: &str = "test-key";

/// A mail as sent to the provider's API.
#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: String,
    pub subject: String,
    pub html: String,
    pub text: String,
}

impl Mail {
    /// The token in the link to the page at `path`, such as `/reset-password`, if the mail has this link.
    pub fn token(&self, path: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("{path}?token="))?;
        rest.split_whitespace().next().map(str::to_owned)
    }
}

/// All mail received so far.
pub struct Mailbox {
    pub url: String,
    mails: watch::Receiver<Vec<Mail>>,
}

impl Mailbox {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/v1/send", listener.local_addr().expect("an address"));
        let (sender, mails) = watch::channel(Vec::new());
        let router = Router::new().route("/v1/send", post(receive)).with_state(Arc::new(sender));
        tokio::spawn(async move { axum::serve(listener, router).await.expect("a provider") });
        Self { url, mails }
    }

    /// The mail to `address` so far.
    pub fn to(&self, address: &str) -> Vec<Mail> {
        self.mails.borrow().iter().filter(|mail| mail.to.contains(address)).cloned().collect()
    }

    /// Waits for `count` mails to `address`, and returns all mail to it.
    pub async fn wait_for(&self, address: &str, count: usize) -> Vec<Mail> {
        let mut mails = self.mails.clone();
        let enough = mails.wait_for(|mails| mails.iter().filter(|mail| mail.to.contains(address)).count() >= count);
        tokio::time::timeout(Duration::from_secs(15), enough).await.expect("mail in time").expect("a provider");
        self.to(address)
    }

    /// Waits for `count` mails to `address` that `matches`, and returns all of them.
    async fn wait_for_matching(&self, address: &str, count: usize, matches: impl Fn(&Mail) -> bool) -> Vec<Mail> {
        let matches = |mail: &&Mail| mail.to.contains(address) && matches(mail);
        let mut mails = self.mails.clone();
        let enough = mails.wait_for(|mails| mails.iter().filter(&matches).count() >= count);
        drop(tokio::time::timeout(Duration::from_secs(15), enough).await.expect("mail in time").expect("a provider"));
        self.mails.borrow().iter().filter(&matches).cloned().collect()
    }

    /// Waits for `count` mails to `address` with this subject, and returns all of them.
    pub async fn wait_for_subject(&self, address: &str, subject: &str, count: usize) -> Vec<Mail> {
        self.wait_for_matching(address, count, |mail| mail.subject == subject).await
    }

    /// Waits for `count` mails to `address` with a link to the page at `path`, and returns the tokens of all of them.
    pub async fn tokens(&self, address: &str, path: &str, count: usize) -> Vec<String> {
        let mails = self.wait_for_matching(address, count, |mail| mail.token(path).is_some()).await;
        mails.iter().filter_map(|mail| mail.token(path)).collect()
    }

    /// Waits for the first mail to `address` with a link to the page at `path`, and returns its token.
    pub async fn token(&self, address: &str, path: &str) -> String {
        self.tokens(address, path, 1).await.remove(0)
    }
}

async fn receive(
    State(mails): State<Arc<watch::Sender<Vec<Mail>>>>,
    headers: HeaderMap,
    Json(mail): Json<Mail>,
) -> StatusCode {
    if headers.get("authorization").is_none_or(|value| value != &format!("Bearer {API_KEY}")) {
        return StatusCode::UNAUTHORIZED;
    }
    mails.send_modify(|mails| mails.push(mail));
    StatusCode::ACCEPTED
}
