//! Requests that wait for locks, and requests that do not need those locks.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::database::{alter, blocked, connect_to};
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::triggers;
use crate::support::user::{TestUser, test_user};

/// More than the connections of the service.
const WAITERS: usize = 32;
/// Generous response time limits.
const READ: Duration = Duration::from_secs(2);
const WAIT: Duration = Duration::from_secs(10);

async fn run(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

/// Returns the response, which must arrive within `limit`.
async fn within(limit: Duration, request: RequestBuilder) -> TestResponse {
    let started = Instant::now();
    let response = TestResponse::of(request).await;
    assert!(started.elapsed() < limit, "{:?}: {}", started.elapsed(), response.text);
    response
}

/// Sends requests that wait for the lock of the statement `lock`. Others are served in the meantime, and the waiting
/// requests end with 503.
async fn expect_others_served(app: &TestApp, reader: &TestUser, lock: &str, waiters: Vec<RequestBuilder>) {
    let mut holder = connect_to(app.database_url()).await;
    run(&mut holder, &format!("BEGIN; {lock}")).await;
    let waiting = tokio::spawn(join_all(waiters.into_iter().map(|request| within(WAIT, request))));
    wait_until("requests wait for the lock", async || blocked(&app.pool).await > 1).await;
    let mut served = 0;
    while !waiting.is_finished() {
        for path in ["/health", "/readyz", "/users/me"] {
            let request = app.request(Method::GET, path).bearer_auth(&reader.token);
            within(READ, request).await.expect(200);
        }
        served += 1;
    }
    assert!(served > 2, "the waiting requests ended too early");
    for response in waiting.await.unwrap() {
        response.expect_error(503, "OVERLOADED");
        assert_eq!(response.header("retry-after"), "5");
    }
    run(&mut holder, "ROLLBACK").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_waiting_for_a_locked_account_do_not_block_reads() {
    let app = TestApp::start().await;
    let (star, reader) = (test_user(&app, "star").await, test_user(&app, "reader").await);
    let mut fans = Vec::new();
    for number in 0..WAITERS {
        fans.push(test_user(&app, &format!("fan.{number}")).await);
    }
    let follow =
        |fan: &TestUser| app.request(Method::POST, &format!("/users/{}/follow", star.id)).bearer_auth(&fan.token);
    let lock = format!("SELECT FROM users.users WHERE id = '{}' FOR UPDATE", star.id);
    expect_others_served(&app, &reader, &lock, fans.iter().map(follow).collect()).await;
    for fan in &fans {
        fan.follow(&app, &star.id).await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn profile_updates_waiting_for_each_other_do_not_block_reads() {
    let app = TestApp::start_with(&[("POOL_SIZE", "4")]).await;
    let (ann, reader) = (test_user(&app, "ann").await, test_user(&app, "reader").await);
    let lock = format!("SELECT FROM users.users WHERE id = '{}' FOR UPDATE", ann.id);
    let change = |_| app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token).json(&json!({ "bio": "new" }));
    expect_others_served(&app, &reader, &lock, (0..WAITERS).map(change).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_returns_503_and_never_500() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let (token, session) = (login.refresh_token(), login.session());
    let mut holder = connect_to(app.database_url()).await;
    let fields = [("email", "ann@example.org"), ("password", PASSWORD)];
    for table in ["rate_buckets", "refresh_tokens", "sessions", "users"] {
        run(&mut holder, &format!("BEGIN; LOCK TABLE users.{table} IN ACCESS EXCLUSIVE MODE")).await;
        let (signed_in, refreshed, page, form) = tokio::join!(
            app.login("ann"),
            app.refresh(&token),
            app.page("/timeline", &session),
            app.submit("/auth/login", &fields, ""),
        );
        signed_in.expect_error(503, "OVERLOADED");
        assert!([200, 503].contains(&refreshed.status), "{table}: {}", refreshed.text);
        assert!([200, 503].contains(&page.status), "{table}: {}", page.text);
        assert!([303, 503].contains(&form.status), "{table}: {}", form.text);
        run(&mut holder, "ROLLBACK").await;
    }
    app.login("ann").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_exceeds_its_timeout_is_canceled_with_503() {
    let variables = [("STATEMENT_TIMEOUT_MS", "200"), ("LOCK_TIMEOUT_MS", "5000")];
    let app = TestApp::start_with(&variables).await;
    let ann = test_user(&app, "ann").await;
    let mut holder = connect_to(app.database_url()).await;
    run(&mut holder, &format!("BEGIN; SELECT FROM users.users WHERE id = '{}' FOR UPDATE", ann.id)).await;
    let change = app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token).json(&json!({ "bio": "new" }));
    within(Duration::from_secs(5), change).await.expect_error(503, "OVERLOADED");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_health_checks_share_one_connection() {
    let app = TestApp::start().await;
    let count = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'kith health'";
    let connections = async || sqlx::query_scalar::<_, i64>(count).fetch_one(&app.pool).await.unwrap();
    let checks = tokio::spawn(join_all((0..300).map(|_| TestResponse::of(app.request(Method::GET, "/health")))));
    while !checks.is_finished() {
        assert!(connections().await <= 1);
    }
    for response in checks.await.unwrap() {
        response.expect(200);
    }
    assert_eq!(connections().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_concurrent_follows_succeed_with_serializable_transactions() {
    let first = TestApp::start().await;
    alter(&first.pool, "SET default_transaction_isolation = 'serializable'").await;
    let app = TestApp::start_another(&first, &[("PUBLIC_URL", &first.origin)]).await;
    let mut users = Vec::new();
    for number in 0..15 {
        users.push(test_user(&app, &format!("user.{number}")).await);
    }
    let pairs = users.iter().flat_map(|follower| {
        let others = users.iter().filter(|followee| followee.id != follower.id);
        others.map(move |followee| (follower, followee))
    });
    for response in join_all(pairs.map(|(follower, followee)| follower.follow(&app, &followee.id))).await {
        response.expect(201);
    }
}

/// Makes one of `of` writes of each kind to `table` fail with `sqlstate`, as in a conflict between
/// transactions. One statement can be two kinds of write.
async fn cause_conflicts(pool: &PgPool, table: &str, events: &str, of: u32, sqlstate: &str) {
    for operation in ["insert", "update", "delete"] {
        triggers::run_everywhere(pool, &format!("CREATE SEQUENCE public.conflicts_{table}_{operation}")).await;
    }
    let function = format!(
        "CREATE FUNCTION users.conflict_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('public.conflicts_{table}_' || lower(TG_OP)) % {of} = 1 THEN
                 RAISE EXCEPTION 'conflict' USING ERRCODE = '{sqlstate}';
             END IF;
             RETURN NULL;
         END $$"
    );
    let trigger = format!(
        "CREATE TRIGGER conflict AFTER {events} ON users.{table}
         FOR EACH STATEMENT EXECUTE FUNCTION users.conflict_{table}()"
    );
    triggers::create(pool, &[&function, &trigger]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_retried_after_a_conflict() {
    const PNG: &[u8] = include_bytes!("../../../public/apple-touch-icon.png");
    for sqlstate in ["40001", "40P01", "55P03"] {
        let app = TestApp::start().await;
        let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
        for (table, events, of) in [
            ("follows", "INSERT OR DELETE", 2),
            ("users", "INSERT OR UPDATE", 2),
            ("sign_ins", "INSERT OR UPDATE", 2),
            ("sessions", "INSERT OR DELETE", 2),
            // A request takes up to three buckets in one transaction.
            ("rate_buckets", "INSERT", 4),
            ("email_outbox", "INSERT", 2),
            ("avatar_removals", "INSERT", 2),
        ] {
            cause_conflicts(&app.pool, table, events, of, sqlstate).await;
        }
        app.register("cat").await.expect(201);
        let login = app.login("ann").await.expect(200);
        app.refresh(&login.refresh_token()).await.expect(200);
        let path = format!("/users/{}/follow", ben.id);
        ann.send(&app, Method::POST, &path).await.expect(201);
        ann.send(&app, Method::DELETE, &path).await.expect(204);
        let signed_in = |method, path: &str| app.request(method, path).bearer_auth(&ann.token);
        TestResponse::of(signed_in(Method::PATCH, "/users/me").json(&json!({ "bio": "new" }))).await.expect(200);
        let picture = signed_in(Method::PUT, "/users/me/avatar").header("content-type", "image/png").body(PNG);
        TestResponse::of(picture).await.expect(200);
        TestResponse::of(signed_in(Method::DELETE, "/users/me/avatar")).await.expect(204);
        let logout = app.request(Method::POST, "/auth/logout");
        TestResponse::of(logout.header("cookie", format!("refresh_token={}", login.refresh_token()))).await.expect(204);
        let age = sqlx::query("UPDATE users.email_verifications SET created_at = now() - interval '1 hour'");
        age.execute(&app.pool).await.unwrap();
        app.post("/auth/resend-verification", json!({ "email": "cat@example.org" })).await.expect(202);
    }
}
