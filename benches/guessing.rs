//! A hundred thousand guesses at one account from a /32: how many are evaluated, what a refused one costs
//! beside `SELECT 1` on the same pool, and whether the owner gets in.
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
/// Guesses under way at a time.
const AT_ONCE: usize = 16;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [guesses] = numbers([100_000]);
    let url: String = std::env::var("DATABASE_URL")?;
    let options: sqlx::postgres::PgConnectOptions = url.parse()?;
    kith::server::run::migrate::run(&options).await?;
    let database = Database::connect(&options, Limits::default(), CancellationToken::new()).await?;
    sqlx::query("TRUNCATE users.rate_limits").execute(&*database).await?;
    let limits = RateLimits::new(database.clone(), true);

    let started = Instant::now();
    let evaluated = run(guesses, || guess(&limits, "2001:db8")).await?;
    let per_guess = started.elapsed() / guesses;
    println!("{evaluated} of {guesses} guesses from a /32 were evaluated");

    let ceiling = Instant::now();
    run(guesses, async || Ok(sqlx::query("SELECT 1").execute(&*database).await?.rows_affected() == 1)).await?;
    let ceiling = ceiling.elapsed() / guesses;
    println!("a guess costs {:.1} times what SELECT 1 does", per_guess.as_secs_f64() / ceiling.as_secs_f64());

    for (who, network) in [("in the same /32", "2001:db8"), ("elsewhere", "2001:db9")] {
        let mistake = guess(&limits, network).await?;
        let right = guess(&limits, network).await?;
        println!("the owner {who}: a mistake is evaluated: {mistake}; then the right password: {right}");
    }
    Ok(())
}

/// How many of so many are true.
async fn run<F: Future<Output = anyhow::Result<bool>>>(times: u32, what: impl Fn() -> F) -> anyhow::Result<u32> {
    let mut outcomes = stream::iter(0..times).map(|_| what()).buffer_unordered(AT_ONCE);
    let mut count = 0;
    while let Some(outcome) = outcomes.next().await {
        count += u32::from(outcome?);
    }
    Ok(count)
}

/// A guess with a wrong password from a random /64 below the groups of `network`: whether it is evaluated.
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
