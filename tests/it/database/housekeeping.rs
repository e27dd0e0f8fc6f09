//! The sweep deletes expired rows and nothing else.

use std::collections::BTreeMap;

use kith::domain::accounts::verification::resend;
use kith::server::run::housekeeping::{SweepOutcome, sweep};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::app::{TestApp, email};
use crate::support::database::{connect_to, database, lock_user};
use crate::support::outbox::wait_until;
use crate::support::triggers::{self, record_writes, take_writes};
use crate::support::user::{TestUser, test_user};

/// Creates `count` expired unverified accounts. Ann follows every hundredth.
async fn expired_accounts(app: &TestApp, ann: &TestUser, count: i32) {
    app.run(&format!(
        "INSERT INTO users.users (id, email, username, password_hash, created_at)
         SELECT gen_random_uuid(), 'old' || n || '@example.org', 'old' || n, 'x', now() - interval '8 days'
         FROM generate_series(1, {count}) n;
         INSERT INTO users.follows (follower_id, followee_id)
         SELECT '{}', id FROM users.users WHERE username LIKE 'old%00'",
        ann.id
    ))
    .await;
    app.settle_follows().await;
}

#[tokio::test]
async fn expired_sessions_and_sign_ins_are_deleted_and_live_ones_are_kept() {
    let app = TestApp::start().await;
    let old = app.signed_in("ann").await;
    for table in ["sessions", "refresh_tokens"] {
        let statement = format!("UPDATE users.{table} SET expires_at = now() - interval '1 second'");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&app.pool).await.unwrap();
    }
    let live = app.login("ann").await.expect(200);
    app.sweep().await;
    for table in ["sessions", "refresh_tokens", "sign_ins"] {
        assert_eq!(app.count(table).await, 1, "{table}");
    }
    app.page("/timeline", &live.session()).await.expect(200);
    app.page("/timeline", &old.session()).await.expect(303);
    app.refresh(&live.refresh_token()).await.expect(200);
}

#[tokio::test]
async fn an_unverified_account_releases_its_email_and_username_after_a_week() {
    let app = TestApp::start().await;
    for name in ["ann", "ben", "cat"] {
        app.register(name).await.expect(201);
    }
    app.verify("ben").await;
    let age = "UPDATE users.users SET created_at = earlier(now(),
               CASE WHEN username = 'cat' THEN interval '6 days 23 hours' ELSE interval '7 days 1 second' END)";
    sqlx::query(age).execute(&app.pool).await.unwrap();
    expire_links(&app).await;
    app.register("ann").await.expect_error(409, "EMAIL_ALREADY_EXISTS");
    app.sweep().await;
    let left: Vec<String> =
        sqlx::query_scalar("SELECT username FROM users.users ORDER BY 1").fetch_all(&app.pool).await.unwrap();
    assert_eq!(left, ["ben", "cat"]);
    app.register("ann").await.expect(201);
    app.register("ben").await.expect_error(409, "EMAIL_ALREADY_EXISTS");
}

/// Expires all links sent so far.
async fn expire_links(app: &TestApp) {
    let expire = "UPDATE users.email_verifications SET expires_at = now()";
    sqlx::query(expire).execute(&app.pool).await.unwrap();
}

#[tokio::test]
async fn a_link_sent_on_the_last_day_works_until_it_expires_and_no_link_is_sent_later() {
    let app = TestApp::start().await;
    for name in ["ann", "ben"] {
        app.register(name).await.expect(201);
    }
    let mails = app.mailbox.wait_for("ann@example.org", 1).await;
    let (_, link) = mails[0].text.split_once("token=").unwrap();
    let token = link.split_whitespace().next().unwrap();
    for age in [
        "UPDATE users.users SET created_at = now() - interval '7 days 1 hour'",
        "UPDATE users.email_verifications SET created_at = now() - interval '23 hours'",
    ] {
        sqlx::query(age).execute(&app.pool).await.unwrap();
    }
    app.sweep().await;
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(200);

    let database = database(&app.pool).await;
    // Otherwise repeated requests could reserve the address indefinitely.
    assert!(!resend(&database, &email("ben"), 7).await.unwrap());
    assert!(resend(&database, &email("ben"), 8).await.unwrap());
    app.sweep().await;
    assert_eq!(app.count("users").await, 2);
    expire_links(&app).await;
    app.sweep().await;
    let left: Vec<String> = sqlx::query_scalar("SELECT username FROM users.users").fetch_all(&app.pool).await.unwrap();
    assert_eq!(left, ["ann"]);
}

#[tokio::test]
async fn tokens_are_deleted_a_day_after_they_expire() {
    let app = TestApp::start().await;
    for name in ["ann", "ben"] {
        app.register(name).await.expect(201);
        app.mailbox.wait_for(name, 1).await;
    }
    let age = "UPDATE users.one_time_tokens t SET expires_at = earlier(now(),
               CASE WHEN username = 'ann' THEN interval '23 hours' ELSE interval '25 hours' END)
               FROM users.users u WHERE u.id = t.user_id";
    sqlx::query(age).execute(&app.pool).await.unwrap();
    app.sweep().await;
    assert_eq!(app.count("one_time_tokens").await, 1);
}

#[tokio::test]
async fn dead_mail_is_kept_for_a_month() {
    let app = TestApp::start_with(&[("EMAIL_PROVIDER_URL", "http://127.0.0.1:9/")]).await;
    for name in ["ann", "ben", "cat"] {
        app.register(name).await.expect(201);
    }
    for (name, age) in [("ann", "31 days"), ("ben", "29 days")] {
        app.run(&format!(
            "UPDATE users.email_outbox SET dead_at = now() - interval '{age}'
             WHERE recipient_id = (SELECT id FROM users.users WHERE username = '{name}')"
        ))
        .await;
    }
    app.sweep().await;
    assert_eq!(app.count("email_outbox").await, 2);
}

#[tokio::test]
async fn replenished_rate_limits_are_deleted() {
    let app = TestApp::start().await;
    app.post("/auth/login", json!({ "email": "ann@example.org", "password": "wrong" })).await.expect(401);
    assert_eq!(app.count("rate_buckets").await, 3);
    app.sweep().await;
    assert_eq!(app.count("rate_buckets").await, 3);
    sqlx::query("UPDATE users.rate_buckets SET full_at = extract(epoch FROM now()) - 1")
        .execute(&app.pool)
        .await
        .unwrap();
    app.sweep().await;
    assert_eq!(app.count("rate_buckets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_locked_or_cannot_be_deleted_does_not_hold_up_others() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    expired_accounts(&app, &ann, 2500).await;
    triggers::create(
        &app.pool,
        &[
            "CREATE FUNCTION users.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 RAISE EXCEPTION 'kept' USING ERRCODE = '23503';
             END $$",
            "CREATE TRIGGER keep BEFORE DELETE ON users.users FOR EACH ROW
             WHEN (old.username IN ('old7', 'old1700')) EXECUTE FUNCTION users.keep()",
        ],
    )
    .await;
    let mut holder = connect_to(app.database_url()).await;
    sqlx::raw_sql("BEGIN").execute(&mut holder).await.unwrap();
    lock_user(&mut holder, "old9").await;
    app.sweep().await;
    let left: Vec<String> =
        sqlx::query_scalar("SELECT username FROM users.users ORDER BY 1").fetch_all(&app.pool).await.unwrap();
    assert_eq!(left, ["ann", "old1700", "old7", "old9"]);
    let followed: i64 = sqlx::query_scalar("SELECT count(*) FROM users.follows").fetch_one(&app.pool).await.unwrap();
    assert_eq!((followed, ann.counts(&app).await), (0, (0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_instance_sweeps_at_a_time_and_another_takes_over_if_it_dies() {
    let app = TestApp::start().await;
    app.sweep().await;
    let lease = "INSERT INTO users.leases VALUES ('housekeeping', gen_random_uuid(), now() + interval '1 minute')";
    app.run(lease).await;
    let shutdown = CancellationToken::new();
    assert_eq!(sweep(&app.pool.clone().into(), 7, &shutdown).await.unwrap(), SweepOutcome::LeaseHeld);
    app.run("UPDATE users.leases SET expires_at = now() - interval '1 second'").await;
    assert_eq!(sweep(&app.pool.clone().into(), 7, &shutdown).await.unwrap(), SweepOutcome::Completed);
    assert_eq!(app.count("leases").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_sweeps_on_startup() {
    let first = TestApp::start().await;
    first.sweep().await;
    first.register("ann").await.expect(201);
    first.run("UPDATE users.users SET created_at = now() - interval '8 days'").await;
    expire_links(&first).await;
    let _second = TestApp::start_another(&first, &[]).await;
    wait_until("the account is deleted", async || first.count("users").await == 0).await;
}

#[tokio::test]
async fn a_sweep_deletes_accounts_one_by_one_and_other_rows_in_batches() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    expired_accounts(&app, &ann, 50).await;
    app.run(
        "INSERT INTO users.flashes (id_hash, data, expires_at)
         SELECT sha256(n::text::bytea), '{}', now() - interval '1 hour' FROM generate_series(1, 2500) n",
    )
    .await;
    record_writes(&app.pool, &["users", "flashes"]).await;
    app.sweep().await;
    let mut deletions = BTreeMap::new();
    for write in take_writes(&app.pool).await {
        *deletions.entry((write.name, write.count)).or_insert(0) += 1;
    }
    let expected = [("flashes", 500, 1), ("flashes", 1000, 2), ("users", 1, 50)];
    assert_eq!(deletions, expected.map(|(name, rows, count)| ((name.to_owned(), rows), count)).into());
}
