//! Response times of lists, profiles and the timeline for users with 10, 10,000 and 1,000,000 followers. List
//! queries are also measured without HTTP, whose overhead could hide them.
//!
//! `make bench BENCH=follow_lists ARGS="1050000 5000000 200"`: users, follows, rounds. The default is a twentieth
//! of that and takes a minute. The follower counts scale with it.

mod support;

use std::time::Instant;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kith::base::database::pool::Pool;
use kith::domain::graph::people;
use kith::domain::graph::people::{Cursor, List, Start};
use kith::model::graph::{NUMBERED_MAX, PAGE_SIZE, Side};
use kith::model::id::UserId;
use reqwest::Client;
use support::stats::quantile;
use support::{Service, numbers, seeded};
use uuid::Uuid;

/// A read to measure.
enum Read {
    Http { path: String, token: String },
    List { of: UserId, start: Start, viewer: UserId },
}

struct Bench {
    service: Service,
    pool: Pool,
    client: Client,
    reads: Vec<(String, Read)>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [users, follows, rounds] = numbers([52_500, 250_000, 200]);
    let pool = seeded(users, follows).await?;
    let reader = prepare_reader(&pool).await?;
    let mut bench = Bench { service: Service::start(4).await?, pool, client: Client::new(), reads: Vec::new() };
    bench.add_reads(reader).await?;
    let times = bench.run(rounds).await?;
    println!("median of {rounds} rounds in ms, and relative to the first line of the group");
    let mut first = 1.0;
    for ((name, _), times) in bench.reads.iter().zip(&times) {
        let median = quantile(times, 0.5);
        if !name.starts_with(' ') {
            first = median;
        }
        println!("{name:<48} {median:>8.2}  {:>6.2}", median / first);
    }
    Ok(())
}

/// Makes `reader` follow the 100 users who follow the most, which makes suggestions as expensive as possible.
async fn prepare_reader(pool: &Pool) -> anyhow::Result<UserId> {
    let reader = id(pool, "reader").await?;
    sqlx::query(
        "INSERT INTO users.follows (follower_id, followee_id)
         SELECT $1, follower_id FROM users.follows WHERE follower_id <> $1 GROUP BY 2 ORDER BY count(*) DESC LIMIT 100
         ON CONFLICT (follower_id, followee_id) DO UPDATE SET created_at = now()",
    )
    .bind(reader.0)
    .execute(pool)
    .await?;
    Ok(reader)
}

async fn id(pool: &Pool, username: &str) -> anyhow::Result<UserId> {
    let id: Uuid =
        sqlx::query_scalar("SELECT id FROM users.users WHERE username = $1").bind(username).fetch_one(pool).await?;
    Ok(UserId(id))
}

/// The cursor after this page of the followers, however deep: page numbers end early.
async fn cursor_after(pool: &Pool, of: UserId, page: u32) -> anyhow::Result<String> {
    let (at, id): (i64, Uuid) = sqlx::query_as(
        "SELECT (extract(epoch FROM created_at) * 1000000)::bigint, follower_id FROM users.follows
         WHERE followee_id = $1 ORDER BY created_at DESC, follower_id DESC OFFSET $2 LIMIT 1",
    )
    .bind(of.0)
    .bind(i64::from(page * PAGE_SIZE) - 1)
    .fetch_one(pool)
    .await?;
    Ok(URL_SAFE_NO_PAD.encode([at.to_be_bytes().as_slice(), id.as_bytes()].concat()))
}

impl Bench {
    async fn add_reads(&mut self, reader: UserId) -> anyhow::Result<()> {
        let pool = &self.pool;
        let token = async |name: &str| self.service.token(&self.client, &format!("{name}@example.org")).await;
        let (star_token, few_token, reader_token) = (token("star").await?, token("few").await?, token("reader").await?);
        let star = id(pool, "star").await?;
        let mut reads = Vec::new();
        let mut http = |name: &str, path: String, token: &String| {
            reads.push((name.to_owned(), Read::Http { path, token: token.clone() }));
        };
        let followers = |of: UserId, query: &str| format!("/users/{of}/followers?page_size={PAGE_SIZE}{query}");
        for name in ["few", "  known", "  star"] {
            let of = id(pool, name.trim()).await?;
            http(&format!("{name}, page 1"), followers(of, ""), &reader_token);
        }
        http("  star, page 1, viewed by star", followers(star, ""), &star_token);
        let pages = u32::try_from(
            sqlx::query_scalar::<_, i64>("SELECT sum(followers)::int8 FROM users.follow_counts WHERE user_id = $1")
                .bind(star.0)
                .fetch_one(pool)
                .await?,
        )? / PAGE_SIZE;
        let mut cursors = Vec::new();
        for (indent, depth) in [("", 1), ("  ", pages / 50), ("  ", pages - 1)] {
            let cursor = cursor_after(pool, star, depth).await?;
            http(
                &format!("{indent}star, cursor after page {depth}"),
                followers(star, &format!("&cursor={cursor}")),
                &reader_token,
            );
            cursors.push((indent, depth, Cursor::decode(&cursor).context("no cursor")?));
        }
        let last = (NUMBERED_MAX / PAGE_SIZE).min(pages);
        http(&format!("star, page {last}"), followers(star, &format!("&page={last}")), &reader_token);
        http("few, GET /users/me", "/users/me".to_owned(), &few_token);
        http("  star, GET /users/me", "/users/me".to_owned(), &star_token);
        http("few, timeline", "/users/me/timeline".to_owned(), &few_token);
        http("  reader, timeline", "/users/me/timeline".to_owned(), &reader_token);
        http("  star, timeline", "/users/me/timeline".to_owned(), &star_token);
        for name in ["few", "  known", "  star"] {
            let of = id(pool, name.trim()).await?;
            reads.push((
                format!("{name}, page 1, query only"),
                Read::List { of, start: Start::Page(1), viewer: reader },
            ));
        }
        for (indent, depth, cursor) in cursors {
            let read = Read::List { of: star, start: Start::After(cursor), viewer: reader };
            reads.push((format!("{indent}star, cursor after page {depth}, query only"), read));
        }
        self.reads = reads;
        Ok(())
    }

    async fn get(&self, path: &str, token: &str) -> anyhow::Result<Vec<u8>> {
        let request = self.client.get(format!("{}{path}", self.service.origin)).bearer_auth(token);
        Ok(request.send().await?.error_for_status()?.bytes().await?.to_vec())
    }

    /// Returns the times of each read in ms. Each round runs every read once.
    async fn run(&self, rounds: u32) -> anyhow::Result<Vec<Vec<f64>>> {
        let mut times = vec![Vec::new(); self.reads.len()];
        for _ in 0..rounds {
            for ((_, read), times) in self.reads.iter().zip(&mut times) {
                let started = Instant::now();
                match read {
                    Read::Http { path, token } => drop(self.get(path, token).await?),
                    Read::List { of, start, viewer } => {
                        let list = List::Follows { owner: *of, side: Side::Followers, viewer: Some(*viewer) };
                        drop(people::list(&self.pool, list, *start, PAGE_SIZE).await?);
                    }
                }
                times.push(started.elapsed().as_secs_f64() * 1000.0);
            }
        }
        Ok(times)
    }
}
