//! An erasure that is interrupted again and again.

use std::time::Duration;

use kith::base::database::pool::Pool;
use kith::domain::graph::{follow_counts, mirror, people};
use kith::domain::profiles::profile;
use kith::model::error::ErrorCode;
use kith::model::graph::Side;
use kith::model::id::UserId;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::citus;
use crate::support::database::{TestDatabase, settle_claims, settle_follows};
use crate::support::outbox::wait_until;
use crate::support::picture::files;
use crate::support::process::{Process, free_address, serve};
use crate::support::triggers;

/// Fans of each star. Half of their follows are already hidden.
const FANS: i64 = 4_500;
/// Fans that each star follows.
const FOLLOWED: i64 = 500;

/// Creates the fans. Each follows the next one.
async fn create_fans(pool: &PgPool) {
    for statement in [
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), 'fan' || n || '@example.org', 'fan' || n, 'x' FROM generate_series(1, $1) n",
        "WITH fans AS MATERIALIZED (SELECT id, substr(username, 4)::int AS number FROM users.users)
         INSERT INTO users.follows (follower_id, followee_id)
         SELECT a.id, b.id FROM fans a JOIN fans b ON b.number = a.number % $1::int + 1",
    ] {
        sqlx::query(statement).bind(FANS).execute(pool).await.unwrap();
    }
    settle_follows(pool).await;
    settle_claims(pool).await;
}

/// Records each row that asks for the removal of a picture.
async fn record_removals(pool: &PgPool) {
    triggers::run_everywhere(pool, "CREATE TABLE public.removals (name text)").await;
    triggers::create(
        pool,
        &[
            "CREATE FUNCTION users.record_removal() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 INSERT INTO public.removals VALUES (NEW.name);
                 RETURN NULL;
             END $$",
            "CREATE TRIGGER record_removal AFTER INSERT ON users.avatar_removals
             FOR EACH ROW EXECUTE FUNCTION users.record_removal()",
        ],
    )
    .await;
}

/// Creates an account whose time has come, with a picture in `store` and rows in every table that has rows of accounts.
async fn create_star(pool: &PgPool, store: &TempDir, number: usize) -> Star {
    let star = Star { id: Uuid::now_v7(), name: format!("star{number}") };
    let (email, name) = (format!("{}@gone.example", star.name), &star.name);
    let picture = star.picture();
    for file in [picture.clone(), picture.replace("/512.", "/128.")] {
        let path = store.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "a picture").unwrap();
    }
    let statement = format!(
        "INSERT INTO users.users (id, email, username, password_hash, email_verified, deletes_at, avatar_url)
         VALUES ('{id}', '{email}', '{name}', 'x', true, now() - interval '1 hour', '/avatars/{picture}');
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
         INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at)
         SELECT gen_random_uuid(), '{id}', purpose, gen_random_uuid(), sha256(('{name}' || purpose)::bytea),
                now() + interval '1 hour' FROM unnest(ARRAY['reset_password', 'restore_account']) purpose;
         INSERT INTO users.email_verifications (id, user_id, token_hash, expires_at, used_at)
         VALUES (gen_random_uuid(), '{id}', sha256('used {name}'), now(), now()),
                (gen_random_uuid(), '{id}', NULL, now() + interval '1 day', NULL);
         INSERT INTO users.email_outbox (id, kind, recipient_id, data, due_at, send_at, created_at)
         SELECT gen_random_uuid(), kind, '{id}', jsonb_build_object('email', '{email}'), 'infinity', 'infinity',
                now() - interval '1 hour' FROM unnest(ARRAY['notice', 'undo_email_change']) kind;
         INSERT INTO users.email_outbox (id, kind, recipient_id, verification_id, due_at)
         SELECT gen_random_uuid(), 'verification', user_id, id, 'infinity' FROM users.email_verifications
         WHERE user_id = '{id}' AND used_at IS NULL;
         -- A key that only this test uses marks the sessions, which contain neither the ID nor the address.
         INSERT INTO users.sessions (id_hash, data, expires_at)
         SELECT sha256(('session ' || id)::bytea), jsonb_build_object('family', id, 'test', '{email}'),
                now() + interval '9 days' FROM users.sign_ins WHERE user_id = '{id}';
         INSERT INTO users.flashes (id_hash, data, expires_at)
         VALUES (sha256('flash {name}'), jsonb_build_object('values', jsonb_build_object('email', upper('{email}'))),
                 now() + interval '1 day');
         INSERT INTO users.username_holds (folded, user_id, held_until, redirects_until)
         VALUES ('old{name}', '{id}', now() + interval '9 days', now() + interval '9 days');",
        id = star.id,
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await.unwrap();
    settle_follows(pool).await;
    settle_claims(pool).await;
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
    /// The name of the picture, in both sizes: `/512.` and `/128.`.
    fn picture(&self) -> String {
        format!("{}/0123456789abcdefghijkl-{}/512.png", self.id, self.id.simple())
    }

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
            // The removal of the picture may still be under way.
            let is_record = ["audit_log", "avatar_removals", "events"].contains(&table.as_str());
            let statement = format!(
                "SELECT count(*) FROM users.{table} t
                 WHERE t::text ILIKE '%' || $1 || '@gone.example%' OR t::text LIKE '%' || $2::text || '%' AND NOT $3"
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
        assert_eq!(recorded, (1, 1, 1), "{} in audit log, events and held usernames", self.name);
        let removals = format!("SELECT name FROM public.removals WHERE name = '{}'", self.picture());
        let removals = triggers::rows_everywhere::<Value>(pool, &removals).await;
        assert_eq!(removals, [json!({ "name": self.picture() })]);
    }
}

/// A list as services see it.
const fn follows_of(owner: UserId, side: Side) -> people::List {
    people::List::Follows { owner, side, viewer: None }
}

/// Panics unless others see neither the stars nor a trace of them.
async fn expect_hidden(pool: &PgPool, stars: &[Star]) {
    let pool = &Pool::from(pool.clone());
    for star in stars {
        let profile = profile::by_username(pool, &star.name, None).await;
        assert_eq!(profile.unwrap_err().code, ErrorCode::UserNotFound);
        for side in [Side::Followers, Side::Followees] {
            let list = people::list(pool, follows_of(UserId(star.id), side), people::Start::Page(1), 10).await;
            assert_eq!(list.unwrap_err().code, ErrorCode::UserNotFound);
        }
    }
    assert_eq!(follow_counts::drift(pool).await.unwrap(), []);
    assert_eq!(mirror::mismatches(pool).await.unwrap(), []);
    for _ in 0..5 {
        // Some of them are followed by the stars.
        let number = fastrand::i64(1..2 * FOLLOWED);
        let fan = profile::by_username(pool, &format!("fan{number}"), None).await.unwrap().profile;
        assert_eq!((fan.follower_count, fan.followee_count), (1, 1), "{}", fan.username);
        for (side, other) in [(Side::Followers, (number + FANS - 2) % FANS + 1), (Side::Followees, number % FANS + 1)] {
            let list = people::list(pool, follows_of(fan.id, side), people::Start::Page(1), 10).await.unwrap();
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
    let store = tempfile::tempdir().unwrap();
    create_fans(pool).await;
    record_removals(pool).await;
    let mut stars = Vec::new();
    let mut live = Vec::new();
    for number in 0..4 {
        live.push(create_star(pool, &store, number).await);
    }
    let start = || {
        let mut command = serve(&database, &free_address());
        command.env("BCRYPT_COST", "4").env("AVATAR_STORE_URL", format!("file://{}/", store.path().display()));
        Process::start(command)
    };
    let is_at_work = "SELECT (SELECT count(*) FROM users.leases WHERE name = 'accounts') > 0
                          OR (SELECT count(*) FROM users.users WHERE deletes_at IS NOT NULL) = 0";
    // An instance takes over once the lease of the killed one expires.
    let expire = "DELETE FROM users.leases";
    let (mut interrupted, mut last) = (0, rows(pool).await);
    for round in 0..100 {
        if live.is_empty() {
            live.push(create_star(pool, &store, stars.len()).await);
            last = rows(pool).await;
        }
        let process = start();
        if round % 2 == 1 {
            wait_until("the work starts", async || sqlx::query_scalar(is_at_work).fetch_one(pool).await.unwrap()).await;
        }
        // A cluster needs more time for each step.
        let longest = if citus::nodes().is_some() { 900 } else { 300 };
        tokio::time::sleep(Duration::from_millis(fastrand::u64(5..longest))).await;
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
    // A killed process may have begun a removal. Its lease must not delay this test.
    let due = "UPDATE users.avatar_removals SET due_at = now()";
    sqlx::query(due).execute(pool).await.unwrap();
    wait_until("the pictures are removed", async || {
        let waiting = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM users.avatar_removals").fetch_one(pool).await;
        waiting.unwrap() == 0 && files(store.path()).is_empty()
    })
    .await;
    for table in
        ["email_outbox", "email_verifications", "one_time_tokens", "sessions", "flashes", "sign_ins", "refresh_tokens"]
    {
        let rows = format!("SELECT count(*) FROM users.{table}");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(pool).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    let follows: (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM users.follows), (SELECT count(*) FROM users.hidden_follows)")
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(follows, (FANS, 0));
}
