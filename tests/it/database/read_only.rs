//! A database that accepts no writes, as after a failover.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::database::{alter, terminate_connections};
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::user::test_user;

#[tokio::test(flavor = "multi_thread")]
async fn writes_return_503_while_reads_succeed_and_the_service_recovers_on_its_own() {
    let app = TestApp::start_with(&[("POOL_SIZE", "6")]).await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    alter(&app.pool, "SET default_transaction_read_only = on").await;
    terminate_connections(&app.pool).await;
    let change = || {
        TestResponse::of(app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token).json(&json!({ "bio": "b" })))
    };
    wait_until("the instance is not ready", async || app.get("/readyz").await.status == 503).await;
    assert_eq!(app.get("/health").await.expect(503).json()["status"], "database read-only");
    app.get("/livez").await.expect(200);
    // A connection that was used just before it was terminated is not tested, so that its next statement fails.
    wait_until("reads succeed", async || succeed(join_all((0..12).map(|_| app.me(&ben.token))).await)).await;
    let login = app.login("ann").await;
    for response in [change().await, login, ann.follow(&app, &ben.id).await, app.register("cat").await] {
        response.expect_error(503, "OVERLOADED");
        assert_eq!(response.header("retry-after"), "5");
    }

    alter(&app.pool, "RESET default_transaction_read_only").await;
    // Until all connections have been replaced, writes may succeed on new ones and fail on others.
    let succeeding_since = Cell::new(Instant::now());
    wait_until("all writes succeed for 3 s", async || {
        if !succeed(join_all((0..12).map(|_| change())).await) {
            succeeding_since.set(Instant::now());
        }
        succeeding_since.get().elapsed() > Duration::from_secs(3)
    })
    .await;
    app.get("/readyz").await.expect(200);
}

fn succeed(responses: Vec<TestResponse>) -> bool {
    responses.iter().all(|response| response.status == 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_connections_are_replaced_even_without_health_checks() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    alter(&app.pool, "SET default_transaction_read_only = on").await;
    terminate_connections(&app.pool).await;
    let change = || {
        TestResponse::of(app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token).json(&json!({ "bio": "b" })))
    };
    wait_until("a read succeeds", async || app.me(&ann.token).await.status == 200).await;
    change().await.expect_error(503, "OVERLOADED");
    alter(&app.pool, "RESET default_transaction_read_only").await;
    wait_until("a write succeeds", async || change().await.status == 200).await;
}
