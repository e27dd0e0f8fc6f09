//! Writes `docs/queries.md`: the plan of each statement of the service on a database with a million users. Fails if a
//! statement reads a large table as a whole.
//!
//! `make plans`. The first run fills `.kith/plans`, which takes some minutes and 4 GB.
#![expect(clippy::unwrap_used, reason = "a failure ends the run")]

mod capture;
mod document;
mod plan;
mod requests;

use std::path::Path;
use std::time::Duration;

use kith::base::database::{Database, Limits};
use kith::cli::dev::postgres::Cluster;
use kith::cli::dev::seed;
use kith::email::backlog::backlog;
use kith::server::config::{Settings, signing_key};
use kith::server::run::{housekeeping, serve};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use self::capture::{NOTICES, Plans, SETTINGS};
use self::document::Document;
use self::requests::Client;

const USERS: u32 = 1_050_000;
const FOLLOWS: u32 = 5_000_000;
/// Long enough for the background work to start.
const WARM_UP: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".kith/plans/postgres");
    std::fs::create_dir_all(&folder)?;
    let cluster = Cluster::persistent(&folder)?;
    let outcome = write(cluster.url()).await;
    drop(cluster);
    outcome
}

async fn write(url: &str) -> anyhow::Result<()> {
    let options: PgConnectOptions = url.parse()?;
    let mut connection = fill(&options).await?;
    let plans = Plans::default();
    let layer = plans.clone().with_filter(filter_fn(|metadata| metadata.target() == NOTICES));
    tracing_subscriber::registry().with(layer).init();
    for (name, value) in SETTINGS {
        connection.execute(AssertSqlSafe(format!("ALTER ROLE CURRENT_USER SET {name} = '{value}'"))).await?;
    }
    let large: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'users'::regnamespace AND reltuples > 100000",
    )
    .fetch_all(&mut connection)
    .await?;

    let mut document = Document::new(large);
    let shutdown = CancellationToken::new();
    let listener = serve::bind("127.0.0.1:0".parse()?).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let settings = Settings::from_lookup(|name| {
        Some(match name {
            "DATABASE_URL" => url.to_owned(),
            "JWT_PRIVATE_KEY" => signing_key::generate().ok()?,
            "EMAIL_API_KEY" => "none".to_owned(),
            "PUBLIC_URL" => origin.clone(),
            "BCRYPT_COST" => "4".to_owned(),
            _ => return None,
        })
    })?;
    // The service must not sweep while requests run, and computes suggestions once a day.
    connection
        .execute(
            "DELETE FROM users.suggestions;
             INSERT INTO users.leases VALUES ('housekeeping', gen_random_uuid(), 'infinity')
             ON CONFLICT (name) DO UPDATE SET expires_at = 'infinity'",
        )
        .await?;
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let running = tokio::spawn(serve::run(settings, listener, shutdown.clone(), || ready.send(()).unwrap()));
    is_ready.await?;
    tokio::time::sleep(WARM_UP).await;
    let background = plans.take();

    requests::run(&Client::new(&origin), &mut connection, &plans, &mut document, &background).await?;
    document.add("Background work and mail", &background);

    let limits = Limits { statement: Duration::from_mins(10), ..Limits::default() };
    let database = Database::connect(&options, limits, shutdown.clone()).await?;
    plans.take();
    backlog(&database).await?;
    document.add("`GET /metrics`", &plans.take());
    sqlx::query("DELETE FROM users.leases").execute(&mut connection).await?;
    housekeeping::sweep(&database, 7, &shutdown).await?;
    document.add("Housekeeping", &plans.take());

    shutdown.cancel();
    running.await??;
    for (name, _) in SETTINGS {
        connection.execute(AssertSqlSafe(format!("ALTER ROLE CURRENT_USER RESET {name}"))).await?;
    }
    connection.close().await?;
    document.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/queries.md"))
}

/// Migrates the database. Fills it if it is empty.
async fn fill(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let mut connection = options.connect().await?;
    let is_seeded: bool =
        sqlx::query_scalar("SELECT to_regclass('users.users') IS NOT NULL").fetch_one(&mut connection).await?;
    if !is_seeded {
        seed::run(options, seed::Plan { users: USERS, follows: FOLLOWS, seed: 1 }).await?;
    }
    kith::server::run::migrate::run(options).await?;
    let is_filled: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM users.rate_buckets OFFSET 900000)")
        .fetch_one(&mut connection)
        .await?;
    if !is_filled {
        eprintln!("Adding a million rows to each of the other tables …");
        let mut transaction = connection.begin().await?;
        transaction.execute(include_str!("rows.sql")).await?;
        transaction.commit().await?;
    }
    connection.execute("VACUUM ANALYZE").await?;
    Ok(connection)
}
