//! A database that takes no writes, as after a failover.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::database::{alter, end_connections};
use crate::support::outbox::until;
use crate::support::response::TestResponse;
use crate::support::user::test_user;

#[tokio::test(flavor = "multi_thread")]
async fn writes_are_refused_for_now_while_reads_go_on_and_everything_heals_by_itself() {
    let app = TestApp::start_with(&[("POOL_SIZE", "6")]).await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    alter(&app.pool, "SET default_transaction_read_only = on").await;
    end_connections(&app.pool).await;
    let change = || {
        TestResponse::of(app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token).json(&json!({ "bio": "b" })))
    };
    until("not ready", async || app.get("/readyz").await.status == 503).await;
    assert_eq!(app.get("/health").await.expect(503).json()["status"], "database read-only");
    app.get("/livez").await.expect(200);
    // Every connection of the pool is a read-only one by now.
    for answer in join_all((0..12).map(|_| app.me(&ben.token))).await {
        answer.expect(200);
    }
    let login = app.login("ann").await;
    for answer in [change().await, login, ann.follow(&app, &ben.id).await, app.register("cat").await] {
        answer.expect_error(503, "OVERLOADED");
        assert_eq!(answer.header("retry-after"), "5");
    }

    alter(&app.pool, "RESET default_transaction_read_only").await;
    let healing = Instant::now();
    until("a write", async || change().await.status == 200).await;
    assert!(healing.elapsed() < Duration::from_secs(45));
    for answer in join_all((0..12).map(|_| change())).await {
        answer.expect(200);
    }
    app.get("/readyz").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_became_read_only_are_replaced_though_nothing_asks_for_health() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    alter(&app.pool, "SET default_transaction_read_only = on").await;
    end_connections(&app.pool).await;
    let change = || {
        TestResponse::of(app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token).json(&json!({ "bio": "b" })))
    };
    until("a new connection", async || app.me(&ann.token).await.status == 200).await;
    change().await.expect_error(503, "OVERLOADED");
    alter(&app.pool, "RESET default_transaction_read_only").await;
    until("a write", async || change().await.status == 200).await;
}
