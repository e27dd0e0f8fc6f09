//! Deleting an account with many followers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kith::domain::accounts::erasure::erase;
use kith::domain::accounts::settings::SelfService;
use kith::domain::audit::log::{Action, Actor, Entry};
use kith::domain::graph::{follow_counts, people};
use kith::domain::profiles::profile;
use kith::model::error::ErrorCode;
use kith::model::graph::Side;
use kith::model::id::UserId;
use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::outbox::wait_until;
use crate::support::process::{Process, free_address, serve};
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

const FOLLOWERS: i64 = 12_000;

const SETTINGS: SelfService = SelfService { reset_minutes: 60, deletion_grace_days: 14, username_hold_days: Some(180) };

async fn erase_user(app: &TestApp, id: Uuid) -> bool {
    let entry = Entry::new(Actor::Operator("test".to_owned()), Action::AccountDeleted, id);
    erase(&app.pool, id, SETTINGS, &entry).await.unwrap()
}

/// Creates users `f1`, `f2` and so on who follow `star`.
async fn followers_of(app: &TestApp, star: &TestUser) {
    for statement in [
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), 'f' || n || '@example.org', 'f' || n, 'x' FROM generate_series(1, $2) n
         WHERE $1 IS NOT NULL",
        "INSERT INTO users.follows (follower_id, followee_id, created_at)
         SELECT id, $1::uuid, now() - make_interval(secs => row_number() OVER () % 100) FROM users.users
         WHERE username ~ '^f[0-9]' AND $2 > 0",
    ] {
        sqlx::query(statement).bind(star.id.parse::<Uuid>().unwrap()).bind(FOLLOWERS).execute(&app.pool).await.unwrap();
    }
}

/// Lets `user` follow and unfollow `star` and one of the star's followers until `done`. Returns the longest time that
/// this took, and how often.
async fn follow_in_rounds(app: &TestApp, user: &TestUser, star: &TestUser, done: &AtomicBool) -> (Duration, u32) {
    let follower: Uuid =
        sqlx::query_scalar("SELECT id FROM users.users WHERE username = 'f7'").fetch_one(&app.pool).await.unwrap();
    let (mut longest, mut rounds) = (Duration::ZERO, 0);
    while !done.load(Ordering::Relaxed) {
        for id in [star.id.clone(), follower.to_string()] {
            let started = Instant::now();
            let followed = user.follow(app, &id).await;
            assert!(
                [200, 201].contains(&followed.status) || (id == star.id && followed.status == 404),
                "{}",
                followed.text
            );
            user.unfollow(app, &id).await.expect(204);
            longest = longest.max(started.elapsed());
        }
        rounds += 1;
    }
    (longest, rounds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_during_a_deletion_waits_for_at_most_one_batch() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let (star, ann) = (test_user(&app, "star").await, test_user(&app, "ann").await);
    let id: Uuid = star.id.parse().unwrap();
    star.follow(&app, &ann.id).await.expect(201);
    followers_of(&app, &star).await;
    let done = AtomicBool::new(false);
    let deletion = async {
        assert!(erase_user(&app, id).await);
        done.store(true, Ordering::Relaxed);
    };
    let (longest, rounds) = tokio::join!(follow_in_rounds(&app, &ann, &star, &done), deletion).0;
    assert!(rounds > 3 && longest < Duration::from_secs(2), "{rounds} rounds, the longest {longest:?}");
    assert_eq!(app.count("follows").await, 0);
    assert_eq!(ann.counts(&app).await, (0, 0));
    let counted: i64 =
        sqlx::query_scalar("SELECT coalesce(sum(followers + followees), 0)::bigint FROM users.follow_counts")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(counted, 0);
    assert_eq!(app.count("users").await, FOLLOWERS + 1);
    app.login("star").await.expect_error(401, "INVALID_CREDENTIALS");
    assert!(!erase_user(&app, id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_during_hiding_and_restoring_waits_for_at_most_one_batch() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let (star, ann) = (test_user(&app, "star").await, test_user(&app, "ann").await);
    star.follow(&app, &ann.id).await.expect(201);
    followers_of(&app, &star).await;
    let done = AtomicBool::new(false);
    let moved = async || {
        wait_until("all follows are moved", async || app.count("hidings").await == 0).await;
    };
    let work = async {
        star.send(&app, Method::POST, "/users/me/deletion").await.expect(202);
        moved().await;
        assert_eq!((app.count("hidden_follows").await, star_follows(&app, &star).await), (FOLLOWERS + 1, 0));
        let token = app.login("star").await.expect(403).json()["restore_token"].clone();
        let started = Instant::now();
        app.post("/auth/restore", json!({ "restore_token": token })).await.expect(200);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        moved().await;
        done.store(true, Ordering::Relaxed);
    };
    let (longest, rounds) = tokio::join!(follow_in_rounds(&app, &ann, &star, &done), work).0;
    assert!(rounds > 3 && longest < Duration::from_secs(2), "{rounds} rounds, the longest {longest:?}");
    assert_eq!((app.count("hidden_follows").await, app.count("follows").await), (0, FOLLOWERS + 1));
    let profile = app.get("/profiles/star").await.expect(200).json();
    assert_eq!((&profile["follower_count"], &profile["followee_count"]), (&json!(FOLLOWERS), &json!(1)));
    assert_eq!(follow_counts::drift(&app.pool).await.unwrap(), []);
}

async fn star_follows(app: &TestApp, star: &TestUser) -> i64 {
    let statement = "SELECT count(*) FROM users.follows WHERE $1::text::uuid IN (follower_id, followee_id)";
    sqlx::query_scalar(statement).bind(&star.id).fetch_one(&app.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_of_a_deleted_account_is_queued_for_removal() {
    const PNG: &[u8] = include_bytes!("../../../public/apple-touch-icon.png");
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let picture = app.request(reqwest::Method::PUT, "/users/me/avatar").bearer_auth(&ann.token);
    let response = TestResponse::of(picture.header("content-type", "image/png").body(PNG)).await;
    let shown = response.expect(200).json()["avatar_url"].as_str().unwrap().to_owned();
    erase_user(&app, ann.id.parse().unwrap()).await;
    let removals: Vec<String> =
        sqlx::query_scalar("SELECT name FROM users.avatar_removals").fetch_all(&app.pool).await.unwrap();
    assert_eq!(removals, [shown.strip_prefix("/avatars/").unwrap()]);
}

/// Fans of each star. Half of their follows are already hidden.
const FANS: i64 = 4_500;
/// Fans that each star follows.
const FOLLOWED: i64 = 500;

/// Creates the fans. Each follows the next one.
async fn create_fans(pool: &PgPool) {
    for statement in [
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), 'fan' || n || '@example.org', 'fan' || n, 'x' FROM generate_series(1, $1) n",
        "INSERT INTO users.follows (follower_id, followee_id)
         SELECT a.id, b.id FROM users.users a JOIN users.users b
             ON b.username = 'fan' || (substr(a.username, 4)::int % $1::int + 1)",
    ] {
        sqlx::query(statement).bind(FANS).execute(pool).await.unwrap();
    }
}

/// Creates an account whose time has come, with rows in every table that has rows of accounts.
async fn create_star(pool: &PgPool, number: usize) -> Star {
    let star = Star { id: Uuid::now_v7(), name: format!("star{number}") };
    let (email, name) = (format!("{}@gone.example", star.name), &star.name);
    let statement = format!(
        "INSERT INTO users.users (id, email, username, password_hash, email_verified, deletes_at)
         VALUES ('{id}', '{email}', '{name}', 'x', true, now() - interval '1 hour');
         INSERT INTO users.hidings VALUES ('{id}', false);
         INSERT INTO users.follows (follower_id, followee_id, created_at)
         SELECT id, '{id}', now() - make_interval(secs => substr(username, 4)::int) FROM users.users
         WHERE username ~ '^fan' AND substr(username, 4)::int % 2 = 0;
         INSERT INTO users.hidden_follows (follower_id, followee_id, created_at)
         SELECT id, '{id}', now() - make_interval(secs => substr(username, 4)::int) FROM users.users
         WHERE username ~ '^fan' AND substr(username, 4)::int % 2 = 1;
         INSERT INTO users.follows (follower_id, followee_id)
         SELECT '{id}', id FROM users.users
         WHERE username ~ '^fan' AND substr(username, 4)::int <= {FOLLOWED} AND substr(username, 4)::int % 2 = 0;
         INSERT INTO users.hidden_follows (follower_id, followee_id, created_at)
         SELECT '{id}', id, now() FROM users.users
         WHERE username ~ '^fan' AND substr(username, 4)::int <= {FOLLOWED} AND substr(username, 4)::int % 2 = 1;
         INSERT INTO users.sign_ins (id, user_id, revoked_at)
         SELECT gen_random_uuid(), '{id}', now() FROM generate_series(1, 600);
         INSERT INTO users.refresh_tokens (token_hash, user_id, family_id, expires_at, revoked)
         SELECT sha256(id::text::bytea), user_id, id, now() + interval '9 days', true FROM users.sign_ins
         WHERE user_id = '{id}';
         INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at, email)
         VALUES (gen_random_uuid(), '{id}', 'undo_email_change', gen_random_uuid(), sha256('{name}'),
                 now() + interval '7 days', 'old.{email}');
         INSERT INTO users.username_holds (folded, user_id, held_until, redirects_until)
         VALUES ('old{name}', '{id}', now() + interval '9 days', now() + interval '9 days');",
        id = star.id,
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await.unwrap();
    star
}

struct Star {
    id: Uuid,
    name: String,
}

/// What is left of a star.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Everything,
    /// The erasure has begun.
    Part,
    Nothing,
}

impl Star {
    async fn left(&self, pool: &PgPool) -> Left {
        let (erasing, rows): (Option<bool>, i64) = sqlx::query_as(
            "SELECT (SELECT erasing_at IS NOT NULL FROM users.users WHERE id = $1),
                    (SELECT count(*) FROM users.follows WHERE $1 IN (follower_id, followee_id))
                    + (SELECT count(*) FROM users.hidden_follows WHERE $1 IN (follower_id, followee_id))
                    + (SELECT count(*) FROM users.refresh_tokens WHERE user_id = $1)
                    + (SELECT count(*) FROM users.sign_ins WHERE user_id = $1)",
        )
        .bind(self.id)
        .fetch_one(pool)
        .await
        .unwrap();
        match erasing {
            None => {
                assert_eq!(rows, 0, "{} is gone, but not its rows", self.name);
                Left::Nothing
            }
            Some(true) => Left::Part,
            Some(false) => {
                assert_eq!(rows, FANS + FOLLOWED + 1200, "{} lost rows before its erasure began", self.name);
                Left::Everything
            }
        }
    }

    /// Panics if a table still has a row of this star, apart from the records of the erasure.
    async fn expect_nothing_left(&self, pool: &PgPool) {
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'users'";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(pool).await.unwrap();
        for table in tables {
            let is_record = ["audit_log", "events"].contains(&table.as_str());
            let statement = format!(
                "SELECT count(*) FROM users.{table} t
                 WHERE t::text LIKE '%' || $1 || '@gone.example%' OR t::text LIKE '%' || $2::text || '%' AND NOT $3"
            );
            let found: i64 = sqlx::query_scalar(AssertSqlSafe(statement))
                .bind(&self.name)
                .bind(self.id)
                .bind(is_record)
                .fetch_one(pool)
                .await
                .unwrap();
            assert_eq!(found, 0, "{} in {table}", self.name);
        }
        let recorded: (i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM users.audit_log WHERE target = $1 AND action = 'account.deleted'),
                    (SELECT count(*) FROM users.events WHERE subject = $1 AND type = 'user.deleted'
                                                         AND data = jsonb_build_object('id', $1)),
                    (SELECT count(*) FROM users.username_holds WHERE folded = $2 AND user_id IS NULL)",
        )
        .bind(self.id)
        .bind(&self.name)
        .fetch_one(pool)
        .await
        .unwrap();
        assert_eq!(recorded, (1, 1, 1), "{} in the audit log, the events and the held usernames", self.name);
    }
}

/// Panics unless others see neither the stars nor a trace of them.
async fn expect_hidden(pool: &PgPool, stars: &[Star]) {
    for star in stars {
        let profile = profile::by_username(pool, &star.name, None).await;
        assert_eq!(profile.unwrap_err().code, ErrorCode::UserNotFound);
        for side in [Side::Followers, Side::Followees] {
            let list = people::list(pool, UserId(star.id), side, people::Start::Page(1), 10, None).await;
            assert_eq!(list.unwrap_err().code, ErrorCode::UserNotFound);
        }
    }
    assert_eq!(follow_counts::drift(pool).await.unwrap(), []);
    for _ in 0..5 {
        // Some of them are followed by the stars.
        let number = fastrand::i64(1..2 * FOLLOWED);
        let fan = profile::by_username(pool, &format!("fan{number}"), None).await.unwrap().profile;
        assert_eq!((fan.follower_count, fan.followee_count), (1, 1), "{}", fan.username);
        for (side, other) in [(Side::Followers, (number + FANS - 2) % FANS + 1), (Side::Followees, number % FANS + 1)] {
            let list = people::list(pool, fan.id, side, people::Start::Page(1), 10, None).await.unwrap();
            let names: Vec<_> = list.items.into_iter().map(|person| person.user.username).collect();
            assert_eq!(names, [format!("fan{other}")]);
        }
    }
}

/// The numbers of rows that an erasure changes.
async fn rows(pool: &PgPool) -> (i64, i64, i64, i64) {
    let statement = "SELECT (SELECT count(*) FROM users.follows), (SELECT count(*) FROM users.hidden_follows),
                            (SELECT count(*) FROM users.refresh_tokens), (SELECT count(*) FROM users.sign_ins)";
    sqlx::query_as(statement).fetch_one(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_a_hundred_times_leaves_no_half_account() {
    let database = TestDatabase::create().await;
    let pool = &database.pool;
    create_fans(pool).await;
    let mut stars = Vec::new();
    let mut live = Vec::new();
    for number in 0..4 {
        live.push(create_star(pool, number).await);
    }
    let start = || {
        let mut command = serve(&database, &free_address());
        command.env("BCRYPT_COST", "4");
        Process::start(command)
    };
    let is_at_work = "SELECT EXISTS (SELECT FROM users.leases WHERE name = 'accounts')
                          OR NOT EXISTS (SELECT FROM users.users WHERE deletes_at IS NOT NULL)";
    // An instance takes over once the lease of the killed one expires.
    let expire = "DELETE FROM users.leases";
    let (mut interrupted, mut last) = (0, rows(pool).await);
    for round in 0..100 {
        if live.is_empty() {
            live.push(create_star(pool, stars.len()).await);
            last = rows(pool).await;
        }
        let process = start();
        if round % 2 == 1 {
            wait_until("the work starts", async || sqlx::query_scalar(is_at_work).fetch_one(pool).await.unwrap()).await;
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(5..300))).await;
        process.signal(Signal::SIGKILL);
        drop(process);
        // PostgreSQL finishes the statement that the process has sent.
        wait_until("the connections of the process are closed", async || {
            let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                          AND state <> 'idle' AND pid <> pg_backend_pid()";
            sqlx::query_scalar::<_, i64>(others).fetch_one(pool).await.unwrap() == 0
        })
        .await;
        sqlx::query(expire).execute(pool).await.unwrap();
        expect_hidden(pool, &live).await;
        for star in std::mem::take(&mut live) {
            match star.left(pool).await {
                Left::Nothing => {
                    star.expect_nothing_left(pool).await;
                    stars.push(star);
                }
                Left::Part | Left::Everything => live.push(star),
            }
        }
        // How often the process was killed in the middle of its work.
        let state = rows(pool).await;
        if state != last && !live.is_empty() {
            interrupted += 1;
        }
        last = state;
    }
    assert!(interrupted > 20, "the work was interrupted only {interrupted} times");
    let _process = start();
    stars.append(&mut live);
    for star in &stars {
        wait_until("the account is erased", async || star.left(pool).await == Left::Nothing).await;
        star.expect_nothing_left(pool).await;
    }
    expect_hidden(pool, &stars).await;
    let follows: (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM users.follows), (SELECT count(*) FROM users.hidden_follows)")
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(follows, (FANS, 0));
}
