//! All connections of an instance wait for locks that someone else holds.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::service::{Caller, Instance, User, World, email};
use crate::support::database::connect_to;
use crate::support::outbox::wait_until;
use crate::support::picture::{files, png};
use crate::support::process::free_address;
use crate::support::response::TestResponse;

/// How long a request may take that waits for a connection of its own.
const READ: Duration = Duration::from_secs(2);
/// How long any request may take (docs/operations.md).
const ANY: Duration = Duration::from_secs(10);
/// Generous for a request that waits for nothing.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Two connections, which wait for locks for up to 5 s. Other requests wait for a connection for half a second.
fn small_pool(world: &World, address: &str) -> Command {
    let mut command = world.serve(address);
    command.env("POOL_SIZE", "2").env("POOL_TIMEOUT_MS", "500").env("LOCK_TIMEOUT_MS", "5000");
    command
}

async fn run(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

async fn wait_until_exhausted(pool: &PgPool) {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    wait_until("all connections wait", async || {
        sqlx::query_scalar::<_, i64>(waiting).fetch_one(pool).await.unwrap() == 2
    })
    .await;
}

/// Returns the response, which must arrive within `limit`.
async fn within(limit: Duration, request: RequestBuilder) -> TestResponse {
    let started = Instant::now();
    let response = TestResponse::of(request).await;
    assert!(started.elapsed() < limit, "{:?}: {}", started.elapsed(), response.text);
    response
}

/// A checksum of each table. Rate limits may count requests that fail, and leases are not data.
async fn contents(connection: &mut PgConnection) -> BTreeMap<String, Option<String>> {
    let tables = "SELECT tablename::text FROM pg_tables
                  WHERE schemaname = 'users' AND tablename NOT IN ('rate_limits', 'leases')";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *connection).await.unwrap();
    let mut contents = BTreeMap::new();
    for table in tables {
        let sum = format!("SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM users.{table} t");
        let sum = sqlx::query_scalar(AssertSqlSafe(sum)).fetch_one(&mut *connection).await.unwrap();
        contents.insert(table, sum);
    }
    contents
}

/// Requests that need the database, each with the status of its success.
fn requests(caller: &Caller, ann: &User, star: &User, leaver: &User) -> Vec<(u16, RequestBuilder)> {
    let token = ann.token();
    vec![
        (200, caller.get("/users/me", &token)),
        (200, caller.get("/profiles/star", &token)),
        (200, caller.request(Method::PATCH, "/users/me").bearer_auth(&token).json(&json!({ "bio": "new" }))),
        (201, caller.request(Method::POST, &format!("/users/{}/follow", star.id)).bearer_auth(&token)),
        (200, caller.upload(&token, png([1, 2, 3]))),
        (201, caller.register("newcomer")),
        (200, caller.login("ann")),
        (200, caller.refresh(&star.login.refresh_token())),
        (202, caller.post("/users/me/deletion", &json!({})).bearer_auth(leaver.token())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_free_connection_requests_return_503_change_nothing_and_succeed_as_soon_as_there_is_one() {
    let (world, address) = (World::create().await, free_address());
    let instance = Instance::start(small_pool(&world, &address), &address).await;
    let (caller, pool) = (&instance.caller, &world.database.pool);
    let [ann, star, leaver] = caller.signed_in(&world, ["ann", "star", "leaver"]).await;
    wait_until("the mails are sent", async || world.count("email_outbox").await == 0).await;
    let mut holder = connect_to(&world.database.url).await;
    let before = contents(&mut holder).await;
    run(&mut holder, "BEGIN; LOCK TABLE users.follows IN ACCESS EXCLUSIVE MODE").await;
    let list = || within(ANY, caller.get(&format!("/users/{}/followers", star.id), &ann.token()));
    let reading = [tokio::spawn(list()), tokio::spawn(list())];
    wait_until_exhausted(pool).await;

    let rejected = requests(caller, &ann, &star, &leaver).into_iter().map(|(_, request)| within(ANY, request));
    let (rejected, read, page, ()) = tokio::join!(
        join_all(rejected),
        within(READ, caller.get("/users/me", &ann.token())),
        within(READ, caller.page("/timeline", &ann.login.session())),
        async {
            // Neither a restart nor another instance would help, so the instance stays alive and ready.
            for path in ["/livez", "/readyz", "/health"] {
                assert_eq!(within(AT_ONCE, caller.request(Method::GET, path)).await.expect(200).json()["status"], "ok");
            }
            within(AT_ONCE, caller.page("/login", "")).await.expect(200);
            let metrics = within(READ, caller.request(Method::GET, "/metrics")).await.expect(200).text;
            assert!(metrics.contains("db_pool_connections{state=\"used\"} 2\n"), "{metrics}");
        }
    );
    for response in rejected.iter().chain([&read]) {
        response.expect_error(503, "OVERLOADED");
        assert_eq!(response.header("retry-after"), "5");
    }
    assert_eq!((page.status, page.header("content-type")), (503, "text/html; charset=utf-8"));
    assert!(reading.iter().all(|reading| !reading.is_finished()), "the connections were free too early");
    assert_eq!(contents(&mut holder).await, before);
    assert_eq!(files(world.store.path()), Vec::<PathBuf>::new());

    run(&mut holder, "ROLLBACK").await;
    let started = Instant::now();
    for reading in reading {
        assert_eq!(reading.await.unwrap().expect(200).json()["items"], json!([]));
    }
    for (status, request) in requests(caller, &ann, &star, &leaver) {
        within(READ, request).await.expect(status);
    }
    assert!(started.elapsed() < ANY, "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_that_wait_in_the_middle_are_done_completely_or_not_at_all() {
    let (world, address) = (World::create().await, free_address());
    let mut command = small_pool(&world, &address);
    // Longer than a write is repeated.
    command.env("LOCK_TIMEOUT_MS", "3100");
    let instance = Instance::start(command, &address).await;
    let (caller, pool) = (&instance.caller, &world.database.pool);
    let mut holder = connect_to(&world.database.url).await;
    // Each registration has inserted the account by the time it needs this table.
    run(&mut holder, "BEGIN; LOCK TABLE users.email_outbox IN ACCESS EXCLUSIVE MODE").await;
    let names: Vec<_> = (0..6).map(|number| format!("user.{number}")).collect();
    let waiting: Vec<_> = names.iter().map(|name| tokio::spawn(within(ANY, caller.register(name)))).collect();
    wait_until("a registration waits in the middle", async || {
        let inserting = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                             AND wait_event_type = 'Lock' AND query ~ 'INSERT INTO users.email_outbox')";
        sqlx::query_scalar(inserting).fetch_one(pool).await.unwrap()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(3600)).await;
    run(&mut holder, "ROLLBACK").await;
    let responses = join_all(waiting).await;
    let statuses: Vec<u16> = responses.iter().map(|response| response.as_ref().unwrap().status).collect();
    assert!(statuses.contains(&503) && statuses.contains(&201), "{statuses:?}");
    for (name, response) in names.iter().zip(responses) {
        let response = response.unwrap();
        let rows = (i64::from(response.status == 201), i64::from(response.status == 201));
        if response.status != 201 {
            response.expect_error(503, "OVERLOADED");
        }
        assert_eq!(registered(pool, name).await, rows, "{name}");
        if response.status != 201 {
            within(READ, caller.register(name)).await.expect(201);
        }
        let mails = world.mailbox.wait_for(&email(name), 1).await;
        assert_eq!(mails.len(), 1, "{name}");
    }
}

/// The number of accounts and of verifications of this user.
async fn registered(pool: &PgPool, name: &str) -> (i64, i64) {
    let rows = "SELECT count(DISTINCT u.id), count(v.id) FROM users.users u
                LEFT JOIN users.email_verifications v ON v.user_id = u.id WHERE username = $1";
    sqlx::query_as(rows).bind(name).fetch_one(pool).await.unwrap()
}
