//! What one machine carries, and what saturates first: requests per second of each kind with all cores busy, and the
//! CPU time that a request costs in the service, in PostgreSQL and in the client. Also bytes per row of each table.
//!
//! `make bench BENCH=capacity ARGS="50000 500000 5"`: users, follows, seconds for each kind.
#![expect(clippy::cast_precision_loss, reason = "seconds and counts are small")]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::future::try_join_all;
use kith::cli::dev::seed;
use kith::cli::dev::seed::Plan;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;
use sqlx::PgPool;
use support::stats::quantile;
use support::{Service, numbers, processes};
use uuid::Uuid;

const CLIENTS: usize = 16;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [users, follows, seconds] = numbers([50_000, 500_000, 5]);
    let url = std::env::var("DATABASE_URL").context("run benchmarks with `make bench`")?;
    seed::run(&url.parse()?, Plan { users, follows, seed: 1 }).await?;
    let service = Service::start(4).await?;
    let window = Duration::from_secs(seconds.into());
    let client = Client::new();
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM users.users LIMIT 10000").fetch_all(&service.pool).await?;
    let names: Vec<String> =
        sqlx::query_scalar("SELECT username FROM users.users LIMIT 10000").fetch_all(&service.pool).await?;
    let token = service.token(&client, "reader@example.org").await?;
    println!("{users} users, {follows} follows, {CLIENTS} clients");
    println!("{:<28} {:>9} {:>8} {:>8}   CPU per request in µs", "", "req/s", "p50 ms", "p99 ms");
    println!("{:<28} {:>9} {:>8} {:>8} {:>9} {:>11} {:>7}", "", "", "", "", "service", "PostgreSQL", "client");
    let url = |path: String| format!("{}{path}", service.origin);
    let id = |n: usize| ids[n % ids.len()];
    let kinds: [(&str, &(dyn Fn(usize) -> RequestBuilder + Sync)); 6] = [
        ("GET /users/{id}", &|n| client.get(url(format!("/users/{}", id(n))))),
        ("GET /profiles/{username}", &|n| {
            client.get(url(format!("/profiles/{}", names[n % names.len()]))).bearer_auth(&token)
        }),
        ("followers, page 1", &|n| client.get(url(format!("/users/{}/followers", id(n)))).bearer_auth(&token)),
        ("PATCH /users/me", &|n| {
            client.patch(url("/users/me".to_owned())).bearer_auth(&token).json(&json!({ "bio": n.to_string() }))
        }),
        ("follow or unfollow", &|n| {
            let method = if n / 10_000 % 2 == 0 { Method::POST } else { Method::DELETE };
            client.request(method, url(format!("/users/{}/follow", id(n)))).bearer_auth(&token)
        }),
        ("profile page, signed out", &|n| client.get(url(format!("/profile/{}", names[n % names.len()])))),
    ];
    let postmaster = processes::postmaster(&service.pool).await?;
    for (name, request) in kinds {
        measure(&service, postmaster, name, request, window).await?;
    }
    print_sizes(&service.pool).await
}

/// Sends requests for a while, and prints their rate, times and costs.
async fn measure(
    service: &Service,
    postmaster: u32,
    name: &str,
    request: &(dyn Fn(usize) -> RequestBuilder + Sync),
    window: Duration,
) -> anyhow::Result<()> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let before = cpu(service, postmaster)?;
    let started = Instant::now();
    let client = || async {
        let mut times = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let sent = Instant::now();
            let response = request(next.fetch_add(1, Ordering::Relaxed)).send().await?;
            anyhow::ensure!(response.status().as_u16() < 500, "{name}: {}", response.status());
            response.bytes().await?;
            times.push(sent.elapsed().as_secs_f64() * 1000.0);
            if started.elapsed() > window {
                stop.store(true, Ordering::Relaxed);
            }
        }
        Ok(times)
    };
    let times: Vec<f64> = try_join_all((0..CLIENTS).map(|_| client())).await?.concat();
    let (elapsed, after) = (started.elapsed().as_secs_f64(), cpu(service, postmaster)?);
    let count = times.len() as f64;
    let cost = |index: usize| (after[index] - before[index]) * 1e6 / count;
    println!(
        "{name:<28} {:>9.0} {:>8.2} {:>8.2} {:>9.0} {:>11.0} {:>7.0}",
        count / elapsed,
        quantile(&times, 0.5),
        quantile(&times, 0.99),
        cost(0),
        cost(1),
        cost(2)
    );
    Ok(())
}

/// Seconds of CPU time so far of the service, of PostgreSQL, and of this process.
fn cpu(service: &Service, postmaster: u32) -> anyhow::Result<[f64; 3]> {
    Ok([processes::cpu(service.child.id())?, processes::cpu(postmaster)?, processes::cpu_alone(std::process::id())?])
}

async fn print_sizes(pool: &PgPool) -> anyhow::Result<()> {
    println!("\n{:<28} {:>10} {:>12} {:>12}", "", "rows", "heap B/row", "index B/row");
    let sizes: Vec<(String, i64, f64, f64)> = sqlx::query_as(
        "SELECT relname::text, n, pg_table_size(oid)::float8 / n, pg_indexes_size(oid)::float8 / n
         FROM (SELECT c.oid, c.relname, c.reltuples::int8 AS n FROM pg_class c
               WHERE c.relnamespace = 'users'::regnamespace AND c.relkind = 'r' AND c.reltuples >= 1000) tables
         ORDER BY relname",
    )
    .fetch_all(pool)
    .await?;
    for (table, rows, heap, indexes) in sizes {
        println!("{table:<28} {rows:>10} {heap:>12.0} {indexes:>12.0}");
    }
    Ok(())
}
