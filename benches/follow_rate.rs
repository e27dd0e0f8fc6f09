//! Follows per second of a single account, compared with follows of 10,000 accounts in the same run. The control
//! is the same table with one counter row per account, the design that Kith's counts are meant to beat. The
//! benchmark starts its own database, whose commits reach the disk as in production, because a row stays locked
//! until then.
//!
//! `make bench BENCH=follow_rate ARGS="16 3 5"`: connections, seconds, rounds.
#![expect(clippy::cast_precision_loss, reason = "seconds and counts are small")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kith::base::database::pool::Pool;
use kith::base::database::{Database, Limits};
use kith::cli::dev::postgres::Cluster;
use kith::domain::graph::follows;
use kith::domain::sign_in::calling_user::CallingUser;
use kith::model::id::UserId;
use kith::server::run::migrate;

use support::numbers;
use support::stats::quantile;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const TARGETS: usize = 10_000;
const FOLLOWERS: usize = 250_000;

/// The control: the same table with the obvious counters, one row per account.
const CONTROL: &str = "
    CREATE SCHEMA control;
    CREATE TABLE control.follows (LIKE users.follows INCLUDING ALL,
        FOREIGN KEY (follower_id) REFERENCES users.users (id), FOREIGN KEY (followee_id) REFERENCES users.users (id));
    CREATE TABLE control.counts (user_id uuid PRIMARY KEY, followers bigint NOT NULL, followees bigint NOT NULL)
        WITH (fillfactor = 80);
    INSERT INTO control.counts SELECT id, 0, 0 FROM users.users;
    CREATE FUNCTION control.count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE control.counts SET followees = followees + 1 WHERE user_id = NEW.follower_id;
        UPDATE control.counts SET followers = followers + 1 WHERE user_id = NEW.followee_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER count AFTER INSERT ON control.follows FOR EACH ROW EXECUTE FUNCTION control.count();";

/// The counters to measure.
#[derive(Clone, Copy)]
enum Counts {
    Kith,
    Control,
}

/// Each follower follows `hot` once and one of `targets` once.
struct Users {
    hot: Uuid,
    targets: Vec<Uuid>,
    followers: Vec<Uuid>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [connections, seconds, rounds] = numbers([16, 3, 5]);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let cluster = Cluster::persistent(dir.path())?;
    migrate::run(&cluster.url().parse()?).await?;
    // Half of the pool's connections are for writes.
    let limits = Limits { connections: 2 * connections, ..Limits::default() };
    let pool = Database::connect(&cluster.url().parse()?, limits, CancellationToken::new()).await?;
    let users = Arc::new(create_users(&pool).await?);
    sqlx::raw_sql(CONTROL).execute(&*pool).await?;
    println!("{connections} connections, {rounds} rounds, {seconds} s per measurement");

    let window = Duration::from_secs(seconds.into());
    let sides = [(Counts::Kith, "Kith"), (Counts::Control, "one counter row")];
    // For each side and kind of target, the index of the first follower who has not followed yet.
    let mut used = [[0_usize; 2]; 2];
    let mut ratios = [Vec::new(), Vec::new()];
    for round in 1..=rounds {
        for (side, (counts, name)) in sides.into_iter().enumerate() {
            let mut rates = [0.0; 2];
            // Alternates the order, so that neither always has the fresher table.
            for place in 0..2 {
                let hot = (place + round as usize) % 2;
                let begin = used[side][hot];
                let done = rate(&pool, &users, counts, hot == 1, begin, window, connections).await?;
                used[side][hot] += done;
                rates[hot] = done as f64 / window.as_secs_f64();
            }
            let [spread, hot] = rates;
            println!(
                "round {round}, {name}: {hot:.0} follows/s of one account, {spread:.0} of {TARGETS}, ratio {:.2}",
                hot / spread
            );
            ratios[side].push(hot / spread);
        }
    }
    for ((_, name), ratios) in sides.iter().zip(&ratios) {
        println!(
            "{name}: following one account reaches {:.2} of the rate of {TARGETS} accounts (median of {rounds} rounds)",
            quantile(ratios, 0.5)
        );
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM users.follow_counts WHERE user_id = $1")
        .bind(users.hot)
        .fetch_one(&*pool)
        .await?;
    println!("the single account has {rows} counter rows");
    Ok(())
}

async fn create_users(pool: &Pool) -> anyhow::Result<Users> {
    let mut ids: Vec<Uuid> = sqlx::query_scalar(
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), n || '@example.org', n, 'x' FROM generate_series(1, $1) n RETURNING id",
    )
    .bind(i32::try_from(1 + TARGETS + FOLLOWERS)?)
    .fetch_all(pool)
    .await?;
    sqlx::raw_sql("VACUUM ANALYZE users.users").execute(pool).await?;
    let followers = ids.split_off(TARGETS + 1);
    let targets = ids.split_off(1);
    Ok(Users { hot: ids[0], targets, followers })
}

/// Returns how many follows the connections complete within the window, by the followers from `begin` on.
async fn rate(
    pool: &Database,
    users: &Arc<Users>,
    counts: Counts,
    hot: bool,
    begin: usize,
    window: Duration,
    connections: u32,
) -> anyhow::Result<usize> {
    let (next, started) = (Arc::new(AtomicUsize::new(begin)), Instant::now());
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (pool, users, next) = (pool.clone(), users.clone(), next.clone());
            tokio::spawn(async move {
                while started.elapsed() < window {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let follower = *users.followers.get(number).context("too few followers for this many rounds")?;
                    let target = if hot { users.hot } else { users.targets[number % TARGETS] };
                    follow(&pool, counts, follower, target).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(next.load(Ordering::Relaxed) - begin)
}

async fn follow(pool: &Database, counts: Counts, follower: Uuid, target: Uuid) -> anyhow::Result<()> {
    let new = match counts {
        Counts::Kith => follows::follow(pool, caller(follower), UserId(target)).await?.is_new,
        Counts::Control => {
            let statement = "INSERT INTO control.follows VALUES ($1, $2) ON CONFLICT DO NOTHING";
            sqlx::query(statement).bind(follower).bind(target).execute(&**pool).await?.rows_affected() == 1
        }
    };
    anyhow::ensure!(new, "already followed");
    Ok(())
}

/// A user without a sign-in.
fn caller(user: Uuid) -> CallingUser {
    CallingUser { id: UserId(user), sign_in: None, authenticated_at: None }
}
