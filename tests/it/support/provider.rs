//! An Email Provider with configurable behavior: a real HTTP server that rejects, hangs, redirects and recovers.

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
pub enum Behavior {
    Status(u16),
    Hang,
    Slow(Duration),
    Redirect,
    /// A status and the value of Retry-After.
    RetryAfter(u16, &'static str),
}

pub const OK: Behavior = Behavior::Status(202);

type BehaviorFn = dyn Fn(&Mail) -> Behavior + Send;

struct Inner {
    behavior: Box<BehaviorFn>,
    /// Every mail received, and whether it was accepted.
    received: Vec<(Mail, bool)>,
}

/// Cheap to clone. All clones are the same provider.
#[derive(Clone)]
pub struct Provider {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Provider {
    pub async fn start(behavior: Behavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::start_on(listener, behavior)
    }

    pub fn start_on(listener: TcpListener, behavior: Behavior) -> Self {
        let url = format!("http://{}/send", listener.local_addr().expect("an address"));
        let inner = Arc::new(Mutex::new(Inner { behavior: Box::new(move |_| behavior), received: Vec::new() }));
        let provider = Self { url, inner };
        let router = Router::new()
            .route("/send", post(receive))
            .route("/elsewhere", post(|| async { StatusCode::ACCEPTED }))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("a provider") });
        provider
    }

    /// Sets the behavior for all further requests.
    pub fn set_behavior(&self, behavior: impl Fn(&Mail) -> Behavior + Send + 'static) {
        self.inner.lock().expect("a lock").behavior = Box::new(behavior);
    }

    /// The number of mails received.
    pub fn request_count(&self) -> usize {
        self.inner.lock().expect("a lock").received.len()
    }

    /// All mail received, whether accepted or not.
    pub fn received(&self) -> Vec<Mail> {
        self.inner.lock().expect("a lock").received.iter().map(|(mail, _)| mail.clone()).collect()
    }

    /// The mail it accepted.
    pub fn accepted(&self) -> Vec<Mail> {
        let inner = self.inner.lock().expect("a lock");
        inner.received.iter().filter(|(_, accepted)| *accepted).map(|(mail, _)| mail.clone()).collect()
    }

    pub fn transport(&self) -> Transport {
        transport(&self.url, API_KEY)
    }
}

pub fn transport(url: &str, key: &str) -> Transport {
    let url = url.parse().expect("a URL");
    Transport::new(Some(&url), &key.to_owned().into()).expect("a transport")
}

async fn receive(State(provider): State<Provider>, headers: axum::http::HeaderMap, Json(mail): Json<Mail>) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {API_KEY}"));
    let (behavior, number) = {
        let mut inner = provider.inner.lock().expect("a lock");
        inner.received.push((mail.clone(), false));
        ((inner.behavior)(&mail), inner.received.len() - 1)
    };
    let status = match behavior {
        Behavior::Status(code) => StatusCode::from_u16(code).expect("a status"),
        Behavior::Hang => std::future::pending().await,
        Behavior::Slow(time) => {
            tokio::time::sleep(time).await;
            StatusCode::OK
        }
        Behavior::RetryAfter(code, wait) => {
            let status = StatusCode::from_u16(code).expect("a status");
            return (status, [("retry-after", wait)], mail.text).into_response();
        }
        Behavior::Redirect => return Redirect::temporary("/elsewhere").into_response(),
    };
    provider.inner.lock().expect("a lock").received[number].1 = status.is_success();
    // Real providers often repeat the address in the response.
    (status, format!("about {}: {}", mail.to, mail.text)).into_response()
}
