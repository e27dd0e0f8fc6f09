//! Follows per second onto one account, against follows onto 10,000 different ones in the same run. As a
//! control the same with one counter row for each account, which is what the counts are built to beat. The
//! database is one of its own whose commits reach the disk, as in production: that is how long a row is held.
//!
//! `make bench BENCH=follow_rate ARGS="16 3 5"`: connections, seconds, rounds.
#![expect(clippy::cast_precision_loss, reason = "seconds and counts are few")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kith::base::database::{Database, Limits};
use kith::cli::dev::postgres::Cluster;
use kith::domain::graph::follows;
use kith::model::id::UserId;
use kith::server::run::migrate;
use sqlx::PgPool;
use support::numbers;
use support::stats::quantile;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const TARGETS: usize = 10_000;
const FOLLOWERS: usize = 250_000;

/// The control: the same table, and counts as one would write them at first.
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

/// Whose counts are measured.
#[derive(Clone, Copy)]
enum Counts {
    Ours,
    Control,
}

/// Each follower follows the one account once, and another one once.
struct People {
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
    // Half of the connections are for writes.
    let limits = Limits { connections: 2 * connections, ..Limits::default() };
    let pool = Database::connect(&cluster.url().parse()?, limits, CancellationToken::new()).await?;
    let people = Arc::new(people(&pool).await?);
    sqlx::raw_sql(CONTROL).execute(&*pool).await?;
    println!("{connections} connections, {rounds} rounds of {seconds} s each side");

    let window = Duration::from_secs(seconds.into());
    let sides = [(Counts::Ours, "kith"), (Counts::Control, "one row")];
    // Where the followers of each side and target begin that have not followed yet.
    let mut used = [[0_usize; 2]; 2];
    let mut ratios = [Vec::new(), Vec::new()];
    for round in 1..=rounds {
        for (side, (counts, name)) in sides.into_iter().enumerate() {
            let mut rates = [0.0; 2];
            // In turn the first, so that neither always has the fresher table.
            for place in 0..2 {
                let hot = (place + round as usize) % 2;
                let begin = used[side][hot];
                let done = rate(&pool, &people, counts, hot == 1, begin, window, connections).await?;
                used[side][hot] += done;
                rates[hot] = done as f64 / window.as_secs_f64();
            }
            let [spread, hot] = rates;
            println!(
                "round {round}, {name}: {hot:.0} follows/s onto one, {spread:.0} onto {TARGETS}, {:.2}",
                hot / spread
            );
            ratios[side].push(hot / spread);
        }
    }
    for ((_, name), ratios) in sides.iter().zip(&ratios) {
        println!("{name}: onto one account {:.2} of the rate (median of {rounds})", quantile(ratios, 0.5));
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM users.follow_counts WHERE user_id = $1")
        .bind(people.hot)
        .fetch_one(&*pool)
        .await?;
    println!("the one account is counted in {rows} rows");
    Ok(())
}

async fn people(pool: &PgPool) -> anyhow::Result<People> {
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
    Ok(People { hot: ids[0], targets, followers })
}

/// How many follows the connections get done in the window, by followers from `begin` on.
async fn rate(
    pool: &Database,
    people: &Arc<People>,
    counts: Counts,
    hot: bool,
    begin: usize,
    window: Duration,
    connections: u32,
) -> anyhow::Result<usize> {
    let (next, started) = (Arc::new(AtomicUsize::new(begin)), Instant::now());
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (pool, people, next) = (pool.clone(), people.clone(), next.clone());
            tokio::spawn(async move {
                while started.elapsed() < window {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let follower = *people.followers.get(number).context("too few followers for so many rounds")?;
                    let target = if hot { people.hot } else { people.targets[number % TARGETS] };
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
        Counts::Ours => follows::follow(pool, UserId(follower), UserId(target)).await?,
        Counts::Control => {
            let statement = "INSERT INTO control.follows VALUES ($1, $2) ON CONFLICT DO NOTHING";
            sqlx::query(statement).bind(follower).bind(target).execute(&**pool).await?.rows_affected() == 1
        }
    };
    anyhow::ensure!(new, "followed already");
    Ok(())
}
