//! The running server: its listener, its background work, and their end.

use std::{io, net::SocketAddr};

use anyhow::{Context as _, anyhow};
use axum::{Router, routing::get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{config::Settings, migrate, shutdown};

/// Listens on `address`.
///
/// # Errors
/// One sentence that says what to do when the port is taken.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| match error.kind() {
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
    migrate::run(settings.database.expose()).await?;
    let router = Router::new().route("/health", get(|| async { r#"{"status":"ok"}"# }));
    ready();
    let serving =
        axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    match shutdown::drain(&shutdown, serving.into_future()).await {
        Some(outcome) => outcome.context("the server failed"),
        None => Ok(()),
    }
}
