//! Runs the server: its listener, its background tasks, and their shutdown.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::state::AppState;
use super::{account_work, housekeeping, migrate, shutdown};
use crate::base::database::pool::Pool;
use crate::base::database::{Database, Servers, pooler};
use crate::domain::mail::Mails;
use crate::domain::sign_in::credentials;
use crate::email::timings::MailTimings;
use crate::email::transport::Transport;
use crate::email::worker::Worker;
use crate::server::config::Settings;
use crate::server::http::connection::listener;
use crate::server::http::router::router;
use crate::server::observe::metrics;

/// Listens on `address`. If the port is taken, the error says what to do.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow!(
            "port {} on {} is taken: stop the process that uses it, or choose another address",
            address.port(),
            address.ip()
        ),
        _ => anyhow!("cannot listen on {address}: {error}"),
    })
}

/// Migrates the database, then serves until `shutdown`. Calls `ready` once it accepts requests.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
    ready: impl FnOnce(),
) -> anyhow::Result<()> {
    run_with_router(None, settings, listener, shutdown, ready).await
}

/// Like [`run`], but routes that `first` has take precedence over those of the service.
pub async fn run_with_router(
    first: Option<Router>,
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
    ready: impl FnOnce(),
) -> anyhow::Result<()> {
    metrics::start(shutdown.clone());
    migrate::run(settings.database.direct()).await?;
    let servers = settings.database.servers();
    check_pooler(&servers).await?;
    let pool = Database::connect_to(servers, settings.database.limits, shutdown.clone())
        .await
        .context("cannot connect to the database")?;
    let state = AppState::new(&settings, pool.clone())?;
    if let Some(cost) = credentials::highest_cost(&pool).await.context("cannot read the database")? {
        state.context.passwords.raise_equalized_cost(cost);
    }
    let worker = Worker {
        pool: Pool::clone(&pool),
        transport: Transport::new(settings.mail.provider_url.as_ref(), &settings.mail.api_key)
            .context("invalid EMAIL_PROVIDER_URL")?,
        compose: Arc::new(Mails {
            pool: Pool::clone(&pool),
            from: settings.mail.from.to_string(),
            public_url: settings.signing.public_url,
        }),
        wake: Arc::clone(&state.context.mail),
        timings: MailTimings::default(),
    };
    let housekeeping =
        tokio::spawn(housekeeping::run(Pool::clone(&pool), settings.accounts.unverified_days, shutdown.clone()));
    let account_work = tokio::spawn(account_work::run(
        Pool::clone(&pool),
        settings.accounts.self_service,
        Arc::clone(&state.context.accounts_due),
        shutdown.clone(),
    ));
    let picture_removal = tokio::spawn(state.context.avatars.clone().remove_freed(shutdown.clone()));
    let mail = tokio::spawn(worker.run(shutdown.clone()));
    let requests = state.requests.clone();
    let router = match first {
        Some(first) => first.fallback_service(router(state)),
        None => router(state),
    };
    ready();
    let serving = listener::serve(listener, router, shutdown.clone());
    let work = async {
        serving.await;
        requests.close();
        requests.wait().await;
        mail.await.context("the mail worker failed")?;
        picture_removal.await.context("picture removal failed")?;
        account_work.await.context("work on accounts failed")?;
        housekeeping.await.context("housekeeping failed")
    };
    shutdown::drain(&shutdown, work).await.unwrap_or(Ok(()))
}

/// Rejects a pooler that the service cannot work with, and warns about settings that the role lacks.
async fn check_pooler(servers: &Servers) -> anyhow::Result<()> {
    pooler::check(&servers.primary).await.map_err(migrate::connection_error)?;
    if servers.is_pooled {
        let missing =
            pooler::missing_settings(&servers.primary).await.context("cannot read the database's settings")?;
        for setting in missing {
            tracing::warn!(setting, "the role has no limit: set it with ALTER ROLE (docs/operations.md)");
        }
    }
    Ok(())
}
