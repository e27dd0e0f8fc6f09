//! Clients that disconnect during a request: nothing is left half done, and other clients lose nothing.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::slow_proxy::slow_proxy;

/// The number of rounds in which clients disconnect before others are checked.
const ROUNDS: u32 = 12;
/// Requests of each kind that are aborted in a round.
const ABORTED: u32 = 4;
/// The longest that a client waits before it disconnects. Through the slow proxy, operations take 50 to 350 ms.
const TIMEOUT: Duration = Duration::from_millis(150);
/// Concurrent clients.
const CLIENTS: usize = 6;

/// The size of the service's connection pool.
const CONNECTIONS: i64 = 20;

/// A one-pixel picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

struct User {
    id: String,
    token: String,
    cookies: String,
}

/// Registers `name` on the fast instance and signs in.
async fn user(app: &TestApp, name: &str) -> User {
    let login = app.signed_in(name).await;
    let token = login.access_token();
    let id = app.me(&token).await.expect(200).json()["id"].as_str().unwrap().to_owned();
    User { id, token, cookies: format!("refresh_token={}", login.refresh_token()) }
}

/// A request for every operation that changes something. `turn` numbers the requests of one kind.
fn operations(app: &TestApp, ann: &User, bob: &User, turn: u32) -> Vec<RequestBuilder> {
    let account =
        |name: String| json!({ "email": format!("{name}@example.org"), "username": name, "password": PASSWORD });
    let signed_in = |method: Method, path: &str| app.request(method, path).bearer_auth(&ann.token);
    let follow = format!("/users/{}/follow", bob.id);
    vec![
        app.request(Method::POST, "/auth/register").json(&account(format!("aborted.{turn}"))),
        app.request(Method::POST, "/auth/login").json(&account("ann".to_owned())),
        app.request(Method::POST, "/auth/login").json(&account("unknown".to_owned())),
        app.request(Method::POST, "/auth/refresh").header("cookie", &ann.cookies),
        app.request(Method::POST, "/auth/resend-verification").json(&json!({ "email": "cat@example.org" })),
        app.request(Method::POST, "/auth/verify-email").json(&json!({ "token": "A".repeat(43) })),
        app.request(Method::POST, "/auth/logout"),
        signed_in(Method::PATCH, "/users/me").json(&json!({ "bio": format!("{turn}") })),
        signed_in(Method::PUT, "/users/me/avatar").header("content-type", "image/png").body(PNG),
        signed_in(Method::DELETE, "/users/me/avatar"),
        signed_in(Method::POST, &follow),
        signed_in(Method::DELETE, &follow),
        signed_in(Method::DELETE, &format!("/users/me/followers/{}", bob.id)),
    ]
}

/// A service with a slow connection to the database of `fast`, and two users.
async fn slow_service(fast: &TestApp) -> (TestApp, User, User) {
    let url = slow_proxy(fast.database_url()).await;
    // Tokens contain the origin, so both instances must use the same one.
    let variables = [("DATABASE_URL", url.as_str()), ("PUBLIC_URL", fast.origin.as_str()), ("RATE_LIMITS", "off")];
    let slow = TestApp::start_another(fast, &variables).await;
    let (ann, bob) = (user(fast, "ann").await, user(fast, "bob").await);
    fast.register("cat").await.expect(201);
    (slow, ann, bob)
}

/// Sends every operation several times, and disconnects at a random moment of each.
async fn disconnect_midway(slow: &TestApp, ann: &User, bob: &User, round: u32) {
    let (permits, mut clients) = (Arc::new(Semaphore::new(CLIENTS)), JoinSet::new());
    for request in (0..ABORTED).flat_map(|turn| operations(slow, ann, bob, round * ABORTED + turn)) {
        let (permit, timeout) = (permits.clone().acquire_owned().await.unwrap(), TIMEOUT.mul_f64(fastrand::f64()));
        clients.spawn(async move {
            // Dropping the request closes its connection.
            let _ = tokio::time::timeout(timeout, request.send()).await;
            drop(permit);
        });
    }
    clients.join_all().await;
}

/// Waits until no transaction is open, which means that the requests of disconnected clients have finished.
async fn wait_until_no_transaction_is_open(app: &TestApp) {
    wait_until("no transaction is open", async || {
        let open: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'",
        )
        .fetch_one(&app.pool)
        .await
        .unwrap();
        open == 0
    })
    .await;
}

/// The number of `eve`'s followers, read on a separate connection.
async fn followers(app: &TestApp, eve: &User) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM users.follows WHERE followee_id = $1::uuid").bind(&eve.id);
    count.fetch_one(&app.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_writes_survive_the_disconnects_of_other_clients() {
    let fast = TestApp::start().await;
    let eve = user(&fast, "eve").await;
    let mut fans = Vec::new();
    // One for each connection of the service, so that all of them are used.
    for number in 0..CONNECTIONS {
        fans.push(user(&fast, &format!("fan.{number}")).await);
    }
    let (slow, ann, bob) = slow_service(&fast).await;
    let follow = format!("/users/{}/follow", eve.id);
    let send_for_all = async |method: Method, status: u16| {
        let requests = fans.iter().map(|fan| slow.request(method.clone(), &follow).bearer_auth(&fan.token));
        for response in join_all(requests.map(TestResponse::of)).await {
            response.expect(status);
        }
    };
    for round in 0..ROUNDS {
        disconnect_midway(&slow, &ann, &bob, round).await;
        send_for_all(Method::POST, 201).await;
        assert_eq!(followers(&fast, &eve).await, CONNECTIONS, "round {round}");
        send_for_all(Method::DELETE, 204).await;
        assert_eq!(followers(&fast, &eve).await, 0, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_whose_client_disconnected_is_complete_or_never_began() {
    let fast = TestApp::start().await;
    let (slow, ann, bob) = slow_service(&fast).await;
    for round in 0..ROUNDS {
        disconnect_midway(&slow, &ann, &bob, round).await;
    }
    wait_until_no_transaction_is_open(&fast).await;
    // Every account has its verification.
    let (accounts, verifications): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(v.id) FROM users.users u LEFT JOIN users.email_verifications v ON v.user_id = u.id
         WHERE u.username LIKE 'aborted.%'",
    )
    .fetch_one(&fast.pool)
    .await
    .unwrap();
    assert!(accounts > 0, "no registration completed");
    assert_eq!(accounts, verifications);
    // The counts equal the rows.
    let wrong: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM users.users u
         WHERE (SELECT coalesce(sum(followers), 0) FROM users.follow_counts c WHERE c.user_id = u.id)
            <> (SELECT count(*) FROM users.followers f WHERE f.followee_id = u.id)",
    )
    .fetch_one(&fast.pool)
    .await
    .unwrap();
    assert_eq!(wrong, 0);
}
