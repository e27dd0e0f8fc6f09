//! An Email Provider with moods: a real HTTP server that refuses, hangs, redirects, comes back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Json, Router};
use kith::email::transport::Transport;
use tokio::net::TcpListener;

use super::mail::{API_KEY, Mail};

#[derive(Clone, Copy)]
pub enum Mood {
    Status(u16),
    Hang,
    Slow(Duration),
    Redirect,
    /// A status, and the value of Retry-After.
    Later(u16, &'static str),
}

pub const OK: Mood = Mood::Status(202);

type Answer = dyn Fn(&Mail) -> Mood + Send;

struct Inner {
    answer: Box<Answer>,
    /// Everything it was asked to send, with whether it said that it did.
    seen: Vec<(Mail, bool)>,
}

/// Cheap to clone; all clones are the same provider.
#[derive(Clone)]
pub struct Provider {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Provider {
    pub async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::start_on(listener, mood)
    }

    pub fn start_on(listener: TcpListener, mood: Mood) -> Self {
        let url = format!("http://{}/send", listener.local_addr().expect("an address"));
        let inner = Arc::new(Mutex::new(Inner { answer: Box::new(move |_| mood), seen: Vec::new() }));
        let provider = Self { url, inner };
        let router = Router::new()
            .route("/send", post(take))
            .route("/elsewhere", post(|| async { StatusCode::ACCEPTED }))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("a provider") });
        provider
    }

    /// Behaves like this from now on.
    pub fn answer(&self, answer: impl Fn(&Mail) -> Mood + Send + 'static) {
        self.inner.lock().expect("a lock").answer = Box::new(answer);
    }

    /// How often it was asked to send a mail.
    pub fn asked(&self) -> usize {
        self.inner.lock().expect("a lock").seen.len()
    }

    /// Everything it was asked to send.
    pub fn seen(&self) -> Vec<Mail> {
        self.inner.lock().expect("a lock").seen.iter().map(|(mail, _)| mail.clone()).collect()
    }

    /// The mails it took.
    pub fn taken(&self) -> Vec<Mail> {
        let inner = self.inner.lock().expect("a lock");
        inner.seen.iter().filter(|(_, taken)| *taken).map(|(mail, _)| mail.clone()).collect()
    }

    pub fn transport(&self) -> Transport {
        transport(&self.url, API_KEY)
    }
}

pub fn transport(url: &str, key: &str) -> Transport {
    let url = url.parse().expect("a URL");
    Transport::new(Some(&url), &key.to_owned().into()).expect("a transport")
}

async fn take(State(provider): State<Provider>, headers: axum::http::HeaderMap, Json(mail): Json<Mail>) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {API_KEY}"));
    let (mood, number) = {
        let mut inner = provider.inner.lock().expect("a lock");
        inner.seen.push((mail.clone(), false));
        ((inner.answer)(&mail), inner.seen.len() - 1)
    };
    let status = match mood {
        Mood::Status(code) => StatusCode::from_u16(code).expect("a status"),
        Mood::Hang => std::future::pending().await,
        Mood::Slow(time) => {
            tokio::time::sleep(time).await;
            StatusCode::OK
        }
        Mood::Later(code, wait) => {
            let status = StatusCode::from_u16(code).expect("a status");
            return (status, [("retry-after", wait)], mail.text).into_response();
        }
        Mood::Redirect => return Redirect::temporary("/elsewhere").into_response(),
    };
    provider.inner.lock().expect("a lock").seen[number].1 = status.is_success();
    // Providers like to repeat the address in what they say.
    (status, format!("about {}: {}", mail.to, mail.text)).into_response()
}
