//! Requests that wait for each other's locks, and those that have nothing to do with it.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::database::{alter, connect_to};
use crate::support::outbox::until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

/// More than the service has connections.
const WAITERS: usize = 32;
/// Generous limits of what was promised.
const READ: Duration = Duration::from_secs(2);
const WAIT: Duration = Duration::from_secs(10);

async fn run(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

/// The answer, which is here in time.
async fn within(limit: Duration, request: RequestBuilder) -> TestResponse {
    let started = Instant::now();
    let answer = TestResponse::of(request).await;
    assert!(started.elapsed() < limit, "{:?}: {}", started.elapsed(), answer.text);
    answer
}

/// Sends requests that wait for what `lock` locks; others are served while they do, and they are told
/// that the service is busy.
async fn others_are_served(app: &TestApp, reader: &TestUser, lock: &str, waiters: Vec<RequestBuilder>) {
    let mut holder = connect_to(app.database_url()).await;
    run(&mut holder, &format!("BEGIN; {lock}")).await;
    let waiting = tokio::spawn(join_all(waiters.into_iter().map(|request| within(WAIT, request))));
    let blocked =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("waiting", async || sqlx::query_scalar::<_, i64>(blocked).fetch_one(&app.pool).await.unwrap() > 1).await;
    let mut served = 0;
    while !waiting.is_finished() {
        for path in ["/health", "/readyz", "/users/me"] {
            let request = app.request(Method::GET, path).bearer_auth(&reader.token);
            within(READ, request).await.expect(200);
        }
        served += 1;
    }
    assert!(served > 2, "the waiters were gone at once");
    for answer in waiting.await.unwrap() {
        answer.expect_error(503, "OVERLOADED");
        assert_eq!(answer.header("retry-after"), "5");
    }
    run(&mut holder, "ROLLBACK").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_that_wait_for_a_locked_account_keep_nobody_from_reading() {
    let app = TestApp::start().await;
    let (star, reader) = (test_user(&app, "star").await, test_user(&app, "reader").await);
    let mut fans = Vec::new();
    for number in 0..WAITERS {
        fans.push(test_user(&app, &format!("fan.{number}")).await);
    }
    let follow =
        |fan: &TestUser| app.request(Method::POST, &format!("/users/{}/follow", star.id)).bearer_auth(&fan.token);
    let lock = format!("SELECT FROM users.users WHERE id = '{}' FOR UPDATE", star.id);
    others_are_served(&app, &reader, &lock, fans.iter().map(follow).collect()).await;
    for fan in &fans {
        fan.follow(&app, &star.id).await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_one_profile_that_wait_for_each_other_keep_nobody_from_reading() {
    let app = TestApp::start_with(&[("POOL_SIZE", "4")]).await;
    let (ann, reader) = (test_user(&app, "ann").await, test_user(&app, "reader").await);
    let lock = format!("SELECT FROM users.users WHERE id = '{}' FOR UPDATE", ann.id);
    let change = |_| app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token).json(&json!({ "bio": "new" }));
    others_are_served(&app, &reader, &lock, (0..WAITERS).map(change).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_locked_makes_every_operation_on_it_busy_and_never_broken() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let (token, session) = (login.refresh_token(), login.session());
    let mut holder = connect_to(app.database_url()).await;
    let fields = [("email", "ann@example.org"), ("password", PASSWORD)];
    for table in ["rate_limits", "refresh_tokens", "sessions", "users"] {
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
async fn a_statement_that_takes_too_long_is_ended_and_the_service_busy() {
    let variables = [("STATEMENT_TIMEOUT_MS", "200"), ("LOCK_TIMEOUT_MS", "5000")];
    let app = TestApp::start_with(&variables).await;
    let ann = test_user(&app, "ann").await;
    let mut holder = connect_to(app.database_url()).await;
    run(&mut holder, &format!("BEGIN; SELECT FROM users.users WHERE id = '{}' FOR UPDATE", ann.id)).await;
    let change = app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token).json(&json!({ "bio": "new" }));
    within(Duration::from_secs(5), change).await.expect_error(503, "OVERLOADED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_asks_for_health_takes_one_connection() {
    let app = TestApp::start().await;
    let count = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'kith health'";
    let connections = async || sqlx::query_scalar::<_, i64>(count).fetch_one(&app.pool).await.unwrap();
    let crowd = tokio::spawn(join_all((0..300).map(|_| TestResponse::of(app.request(Method::GET, "/health")))));
    while !crowd.is_finished() {
        assert!(connections().await <= 1);
    }
    for answer in crowd.await.unwrap() {
        answer.expect(200);
    }
    assert_eq!(connections().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_follows_at_once_succeed_where_transactions_are_serializable() {
    let first = TestApp::start().await;
    alter(&first.pool, "SET default_transaction_isolation = 'serializable'").await;
    let app = TestApp::beside(&first, &[("PUBLIC_URL", &first.origin)]).await;
    let mut people = Vec::new();
    for number in 0..15 {
        people.push(test_user(&app, &format!("user.{number}")).await);
    }
    let pairs =
        people.iter().flat_map(|who| people.iter().filter(|whom| whom.id != who.id).map(move |whom| (who, whom)));
    for answer in join_all(pairs.map(|(who, whom)| who.follow(&app, &whom.id))).await {
        answer.expect(201);
    }
}

/// Makes every second write to `table` end as if another transaction had been in the way.
fn conflict(table: &str, events: &str, sqlstate: &str) -> String {
    format!(
        "CREATE SEQUENCE conflicts_{table};
         CREATE FUNCTION conflict_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('conflicts_{table}') % 2 = 1 THEN
                 RAISE EXCEPTION 'conflict' USING ERRCODE = '{sqlstate}';
             END IF;
             RETURN NULL;
         END $$;
         CREATE TRIGGER conflict AFTER {events} ON users.{table}
             FOR EACH STATEMENT EXECUTE FUNCTION conflict_{table}();"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_that_another_transaction_got_in_the_way_of_is_run_again() {
    const PNG: &[u8] = include_bytes!("../../../public/apple-touch-icon.png");
    for sqlstate in ["40001", "40P01", "55P03"] {
        let app = TestApp::start().await;
        let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
        let mut connection = connect_to(app.database_url()).await;
        for (table, events) in [
            ("follows", "INSERT OR DELETE"),
            ("users", "INSERT OR UPDATE"),
            ("sign_ins", "INSERT OR UPDATE"),
            ("sessions", "INSERT OR DELETE"),
            ("rate_limits", "INSERT"),
            ("email_outbox", "INSERT"),
            ("avatar_removals", "INSERT"),
        ] {
            run(&mut connection, &conflict(table, events, sqlstate)).await;
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
        let again = sqlx::query("UPDATE users.email_verifications SET created_at = now() - interval '1 hour'");
        again.execute(&app.pool).await.unwrap();
        app.post("/auth/resend-verification", json!({ "email": "cat@example.org" })).await.expect(202);
    }
}
