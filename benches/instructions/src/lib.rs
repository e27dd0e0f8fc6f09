//! What `make instructions` counts: requests that go through the router without a socket, on one thread. Only
//! PostgreSQL is real.

use std::io::sink;

use anyhow::ensure;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use kith::base::database::{Database, Limits};
use kith::domain::sign_in::access_token::{Proof, Subject, TokenKeys};
use kith::domain::sign_in::password::Password;
use kith::domain::sign_in::passwords::Passwords;
use kith::model::id::UserId;
use kith::server::config::{Settings, signing_key};
use kith::server::http::router::router;
use kith::server::observe::telemetry::{self, Telemetry};
use kith::server::run::migrate;
use kith::server::run::state::AppState;
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

/// The user of the database, `ann`.
const USER: Uuid = Uuid::from_u128(1);
const EMAIL: &str = "ann@example.org";
const PASSWORD: &str = "correct horse battery staple";
/// Requests before the one that is counted.
const WARM_UP: usize = 20;
/// The lowest cost of bcrypt.
const COST: u32 = 4;

/// Who sends a request, and what is written about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A visitor, without a log.
    Visitor,
    /// A visitor, with the default log level.
    Logged,
    /// A user with a page session.
    SignedIn,
}

/// The service, with a request that it has responded to before.
pub struct Service {
    runtime: Runtime,
    router: Router,
    path: &'static str,
    cookies: String,
    _log: Option<Telemetry>,
}

impl Service {
    /// Starts the service on the database at `DATABASE_URL`. The first requests open connections, prepare statements
    /// and initialize what is needed once.
    pub fn new(path: &'static str, kind: Kind) -> anyhow::Result<Self> {
        let log = (kind == Kind::Logged).then(|| telemetry::init_json("info", sink())).transpose()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let router = runtime.block_on(start())?;
        let cookies = match kind {
            Kind::SignedIn => runtime.block_on(sign_in(&router))?,
            Kind::Visitor | Kind::Logged => String::new(),
        };
        let service = Self { runtime, router, path, cookies, _log: log };
        // A page runs statements side by side: each of its connections prepares them all sooner or later.
        for _ in 0..WARM_UP {
            service.respond()?;
        }
        Ok(service)
    }

    /// Sends the request. Returns the length of the response's body.
    pub fn respond(&self) -> anyhow::Result<usize> {
        let request = Request::get(self.path).header(COOKIE, &self.cookies).body(Body::empty())?;
        let (_, body) = self.runtime.block_on(send(&self.router, request))?;
        Ok(body.len())
    }
}

async fn send(router: &Router, mut request: Request<Body>) -> anyhow::Result<(HeaderMap, Bytes)> {
    request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
    let path = request.uri().path().to_owned();
    let response = match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    ensure!(response.status() == StatusCode::OK, "{} for {path}", response.status());
    let (head, body) = response.into_parts();
    Ok((head.headers, to_bytes(body, usize::MAX).await?))
}

/// Signs in. Returns the cookies that a browser sends to pages.
async fn sign_in(router: &Router) -> anyhow::Result<String> {
    let body = format!(r#"{{"email":"{EMAIL}","password":"{PASSWORD}"}}"#);
    let request = Request::post("/auth/login").header(CONTENT_TYPE, "application/json").body(Body::from(body))?;
    let (headers, _) = send(router, request).await?;
    let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    Ok(cookies.filter(|cookie| cookie.starts_with("__Host-")).collect::<Vec<_>>().join("; "))
}

async fn start() -> anyhow::Result<Router> {
    let settings = settings()?;
    let server = settings.database.direct();
    migrate::run(server).await?;
    let database = Database::connect(server, Limits::default(), CancellationToken::new()).await?;
    let hash =
        Passwords::new(COST)?.hash(&Password::parse_typed(PASSWORD.to_owned()).map_err(anyhow::Error::msg)?).await?;
    sqlx::query(
        "INSERT INTO users.users (id, email, username, password_hash, email_verified)
         VALUES ($1, $2, 'ann', $3, true) ON CONFLICT DO NOTHING",
    )
    .bind(USER)
    .bind(EMAIL)
    .bind(hash)
    .execute(&*database)
    .await?;
    Ok(router(AppState::new(&settings, database)?))
}

fn settings() -> anyhow::Result<Settings> {
    let key = signing_key::generate()?;
    Ok(Settings::from_lookup(|name| match name {
        "DATABASE_URL" => std::env::var(name).ok(),
        "JWT_PRIVATE_KEY" => Some(key.clone()),
        "EMAIL_API_KEY" => Some("none".to_owned()),
        "AVATAR_STORE_URL" => Some("file:///tmp/".to_owned()),
        "RATE_LIMITS" => Some("off".to_owned()),
        "BCRYPT_COST" => Some(COST.to_string()),
        _ => None,
    })?)
}

/// An access token, and the keys that check it.
pub struct Token {
    keys: TokenKeys,
    encoded: String,
    now: OffsetDateTime,
}

impl Token {
    /// Signs a token, and checks another: what is needed once is initialized.
    ///
    /// With `is_known`, the token has been checked before, too.
    pub fn new(is_known: bool) -> anyhow::Result<Self> {
        let keys = settings()?.signing.token_keys()?;
        let now = OffsetDateTime::now_utc();
        let sign = |sign_in| -> anyhow::Result<String> {
            let subject = Subject { id: UserId(USER), email: EMAIL.to_owned(), roles: vec!["user".to_owned()] };
            let proof = Proof { sign_in, authenticated_at: now, methods: vec!["pwd".to_owned()] };
            Ok(keys.sign(&subject, &proof, now)?.access_token)
        };
        let (token, other) = (sign(Uuid::from_u128(2))?, sign(Uuid::from_u128(3))?);
        keys.verify(&other, now)?;
        if is_known {
            keys.verify(&token, now)?;
        }
        Ok(Self { keys, encoded: token, now })
    }

    /// Returns whether the token is valid.
    pub fn is_valid(&self) -> bool {
        self.keys.verify(&self.encoded, self.now).is_ok()
    }
}
