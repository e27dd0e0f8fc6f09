//! The running server: its listener, its background work, and their end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use axum::Router;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::state::AppState;
use super::{housekeeping, migrate, shutdown};
use crate::base::database::Database;
use crate::domain::mail::Mails;
use crate::domain::sign_in::credentials;
use crate::email::timings::MailTimings;
use crate::email::transport::Transport;
use crate::email::worker::Worker;
use crate::server::config::Settings;
use crate::server::http::connection::listener;
use crate::server::http::router::router;
use crate::server::observe::metrics;

/// Listens on `address`.
///
/// # Errors
/// One sentence that says what to do when the port is taken.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow!(
            "port {} on {} is taken: stop what uses it, or choose another address",
            address.port(),
            address.ip()
        ),
        _ => anyhow!("cannot listen on {address}: {error}"),
    })
}

/// Migrates the database, then serves until `shutdown`; calls `ready` when requests are answered.
///
/// # Errors
/// When the database cannot be reached or migrated.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
    ready: impl FnOnce(),
) -> anyhow::Result<()> {
    run_with_router(None, settings, listener, shutdown, ready).await
}

/// As [`run`], behind `first`: what that does not answer goes to the service.
///
/// # Errors
/// As [`run`].
pub async fn run_with_router(
    first: Option<Router>,
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
    ready: impl FnOnce(),
) -> anyhow::Result<()> {
    metrics::start(shutdown.clone());
    migrate::run(&settings.database.options).await?;
    let pool = Database::connect(&settings.database.options, settings.database.limits, shutdown.clone())
        .await
        .context("cannot connect to the database")?;
    let state = AppState::new(&settings, pool.clone())?;
    if let Some(cost) = credentials::highest_cost(&pool).await.context("cannot read the database")? {
        state.context.passwords.raise_equalized_cost(cost);
    }
    let worker = Worker {
        pool: PgPool::clone(&pool),
        transport: Transport::new(settings.mail.provider_url.as_ref(), &settings.mail.api_key)
            .context("EMAIL_PROVIDER_URL cannot be used")?,
        compose: Arc::new(Mails {
            pool: PgPool::clone(&pool),
            from: settings.mail.from.to_string(),
            public_url: settings.signing.public_url,
        }),
        wake: Arc::clone(&state.context.mail),
        timings: MailTimings::default(),
    };
    let sweeping =
        tokio::spawn(housekeeping::run(PgPool::clone(&pool), settings.accounts.unverified_days, shutdown.clone()));
    let removing = tokio::spawn(state.context.avatars.clone().remove_freed(shutdown.clone()));
    let sending = tokio::spawn(worker.run(shutdown.clone()));
    let requests = state.requests.clone();
    let router = match first {
        Some(first) => first.fallback_service(router(state)),
        None => router(state),
    };
    ready();
    let serving = listener::serve(listener, router, shutdown.clone());
    let ending = async {
        serving.await;
        requests.close();
        requests.wait().await;
        sending.await.context("the mail worker failed")?;
        removing.await.context("the removal of pictures failed")?;
        sweeping.await.context("the housekeeping failed")
    };
    shutdown::drain(&shutdown, ending).await.unwrap_or(Ok(()))
}
