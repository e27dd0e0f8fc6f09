//! A hundred thousand guesses of one account's password from a /32: how many are evaluated, how long a rejected
//! one takes compared with `SELECT 1` on the same pool, and whether the owner can still sign in.
//!
//! `make bench BENCH=guessing ARGS="100000"`: guesses.

mod support;

use std::net::Ipv6Addr;
use std::time::Instant;

use futures::{StreamExt as _, stream};
use kith::base::database::{Database, Limits};
use kith::base::rate_limit::RateLimits;
use kith::domain::sign_in::limits::admit;
use kith::model::error::{ApiError, ErrorCode};
use kith::rest::server::request::ClientAddress;
use support::numbers;
use tokio_util::sync::CancellationToken;

const ANN: &str = "ann@example.org";
/// Concurrent guesses.
const CONCURRENCY: usize = 16;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [guesses] = numbers([100_000]);
    let url: String = std::env::var("DATABASE_URL")?;
    let options: sqlx::postgres::PgConnectOptions = url.parse()?;
    kith::server::run::migrate::run(&options).await?;
    let database = Database::connect(&options, Limits::default(), CancellationToken::new()).await?;
    sqlx::query("TRUNCATE users.rate_buckets").execute(&*database).await?;
    let limits = RateLimits::new(database.clone(), true);

    let started = Instant::now();
    let evaluated = run(guesses, || guess(&limits, "2001:db8")).await?;
    let per_guess = started.elapsed() / guesses;
    println!("{evaluated} of {guesses} guesses from a /32 were evaluated");

    let started = Instant::now();
    run(guesses, async || Ok(sqlx::query("SELECT 1").execute(&*database).await?.rows_affected() == 1)).await?;
    let per_select = started.elapsed() / guesses;
    println!("a guess takes {:.1} times as long as SELECT 1", per_guess.as_secs_f64() / per_select.as_secs_f64());

    for (place, network) in [("in the same /32", "2001:db8"), ("in another network", "2001:db9")] {
        let mistake = guess(&limits, network).await?;
        let right = guess(&limits, network).await?;
        println!("the owner {place}: a wrong password is evaluated: {mistake}, and then the right one: {right}");
    }
    Ok(())
}

/// Runs `attempt` `times` times; returns how often it was true.
async fn run<F: Future<Output = anyhow::Result<bool>>>(times: u32, attempt: impl Fn() -> F) -> anyhow::Result<u32> {
    let mut outcomes = stream::iter(0..times).map(|_| attempt()).buffer_unordered(CONCURRENCY);
    let mut count = 0;
    while let Some(outcome) = outcomes.next().await {
        count += u32::from(outcome?);
    }
    Ok(count)
}

/// Tries a wrong password from a random address in `network`; returns whether it was evaluated.
async fn guess(limits: &RateLimits, network: &str) -> anyhow::Result<bool> {
    let mut groups: Vec<u16> =
        network.split(':').map(|group| u16::from_str_radix(group, 16)).collect::<Result<_, _>>()?;
    groups.resize_with(8, || fastrand::u16(..));
    let address: [u16; 8] = groups.try_into().map_err(|_| anyhow::anyhow!("eight groups"))?;
    let networks = ClientAddress(Ipv6Addr::from(address).into()).networks();
    let admission = admit(limits, ANN, &networks, None).await?;
    let is_admitted = admission.is_admitted;
    let wrong: Result<(), ApiError> = Err(ErrorCode::InvalidCredentials.into());
    if is_admitted {
        admission.settle(limits, &wrong).await?;
    }
    Ok(is_admitted)
}
