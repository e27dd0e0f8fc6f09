//! What `make instructions` counts: requests that go through the router without a socket, on one thread. Only
//! PostgreSQL is real.

use anyhow::ensure;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use kith::base::database::{Database, Limits};
use kith::domain::sign_in::access_token::{Proof, Subject, TokenKeys};
use kith::model::id::UserId;
use kith::server::config::{Settings, signing_key};
use kith::server::http::router::router;
use kith::server::run::migrate;
use kith::server::run::state::AppState;
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

/// The one user of the database, `ann`.
const USER: Uuid = Uuid::from_u128(1);

/// The service, with a request that it has responded to before.
pub struct Service {
    runtime: Runtime,
    router: Router,
    path: &'static str,
}

impl Service {
    /// Starts the service on the database at `DATABASE_URL`. The first requests open connections, prepare statements
    /// and initialize what is needed once.
    pub fn new(path: &'static str) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let router = runtime.block_on(start())?;
        let service = Self { runtime, router, path };
        // Starting takes longer than a connection is kept: the second one keeps its own.
        for _ in 0..2 {
            service.respond()?;
        }
        Ok(service)
    }

    /// Sends the request. Returns the length of the response's body.
    pub fn respond(&self) -> anyhow::Result<usize> {
        self.runtime.block_on(async {
            let request = Request::get(self.path).header("host", "localhost").body(Body::empty())?;
            let response = match self.router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            ensure!(response.status() == StatusCode::OK, "{} for {}", response.status(), self.path);
            Ok(to_bytes(response.into_body(), usize::MAX).await?.len())
        })
    }
}

async fn start() -> anyhow::Result<Router> {
    let settings = settings()?;
    let server = settings.database.direct();
    migrate::run(server).await?;
    let database = Database::connect(server, Limits::default(), CancellationToken::new()).await?;
    sqlx::query(
        "INSERT INTO users.users (id, email, username, password_hash, email_verified)
         VALUES ($1, 'ann@example.org', 'ann', 'x', true) ON CONFLICT DO NOTHING",
    )
    .bind(USER)
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
        "BCRYPT_COST" => Some("4".to_owned()),
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
            let subject =
                Subject { id: UserId(USER), email: "ann@example.org".to_owned(), roles: vec!["user".to_owned()] };
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
