//! The ceiling of `make bench`: axum handlers that run Kith's statements and return Kith's bytes, with nothing around
//! them. No code of Kith is in here. `benches/speed` starts it, and checks that the responses are the same.
//!
//! Environment: `LISTEN_ADDR`, `DATABASE_URL`, `PUBLIC_URL`, `JWT_PRIVATE_KEY`, `JWKS` (the key set that Kith publishes)
//! and `PAGES` (a file, see [`pages`]).

mod error;
mod graph;
mod pages;
mod tokens;
mod users;

use std::env::var;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;

use crate::tokens::Keys;

/// As many as an instance of Kith has.
const CONNECTIONS: u32 = 20;

struct Shared {
    pool: PgPool,
    keys: Keys,
}

type AppState = Arc<Shared>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let setting = |name| var(name).with_context(|| format!("{name} is not set"));
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        // Each ping would be a round trip before the statement.
        .test_before_acquire(false)
        .connect(&setting("DATABASE_URL")?)
        .await?;
    let keys = Keys::read(&setting("JWT_PRIVATE_KEY")?, &setting("JWKS")?, setting("PUBLIC_URL")?)?;
    let router = Router::new()
        .route("/users/me", get(users::me).patch(users::update_me))
        .route("/users/{id}", get(users::user))
        .route("/users/{id}/followers", get(graph::followers))
        .route("/users/{id}/follow", post(graph::follow).delete(graph::unfollow))
        .route("/auth/refresh", post(tokens::refresh))
        .with_state(Arc::new(Shared { pool, keys }))
        .merge(pages::router(&setting("PAGES")?)?);
    let listener = TcpListener::bind(setting("LISTEN_ADDR")?).await?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}
