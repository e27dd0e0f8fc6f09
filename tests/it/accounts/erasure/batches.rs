//! How much one transaction does while an account is hidden, restored and erased.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::support::{create_followers, erase_all_due, erase_user};
use crate::support::app::TestApp;
use crate::support::outbox::wait_until;
use crate::support::triggers::{record_writes, take_writes};
use crate::support::user::{TestUser, test_user};

const FOLLOWERS: i64 = 3_000;

/// Follows that one transaction may move or delete.
const BATCH: i64 = 25;

/// Panics unless `total` rows were deleted from `table` since the last call, and no transaction deleted or inserted
/// more than a batch.
async fn expect_batches(pool: &PgPool, table: &str, total: i64, what: &str) {
    let writes = take_writes(pool).await;
    let mut sums = BTreeMap::new();
    for write in &writes {
        *sums.entry((write.transaction, &write.operation)).or_insert(0) += write.count;
    }
    let largest = sums.iter().max_by_key(|(_, count)| **count).unwrap_or_else(|| panic!("{what}: no writes"));
    assert!(*largest.1 <= BATCH, "{what}: {largest:?} rows in one transaction");
    let deleted = writes.iter().filter(|write| write.name == table && write.operation == "DELETE");
    assert_eq!(deleted.map(|write| write.count).sum::<i64>(), total, "{what}");
}

async fn hide(app: &TestApp, star: &TestUser) {
    star.send(app, Method::POST, "/users/me/deletion").await.expect(202);
}

async fn wait_until_moved(app: &TestApp) {
    wait_until("all follows are moved", async || app.count("hidings").await == 0).await;
}

/// Starts the service with a star with thousands of followers, and the star follows some of them.
async fn app_with_star() -> (TestApp, TestUser, i64) {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let star = test_user(&app, "star").await;
    create_followers(&app, &star, FOLLOWERS).await;
    app.run(&format!(
        "INSERT INTO users.follows (follower_id, followee_id)
         SELECT '{}', id FROM users.users WHERE username ~ '^f[0-9]{{1,2}}$' OR username ~ '^f[0-9]{{2}}0$'",
        star.id
    ))
    .await;
    app.settle_follows().await;
    let follows = app.count("follows").await;
    assert!(follows > FOLLOWERS + BATCH, "{follows}");
    record_writes(&app.pool, &["follows", "hidden_follows"]).await;
    (app, star, follows)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_moves_more_than_a_batch_while_an_account_is_hidden_and_restored() {
    let (app, star, follows) = app_with_star().await;
    hide(&app, &star).await;
    wait_until_moved(&app).await;
    expect_batches(&app.pool, "follows", follows, "hiding").await;
    let token = app.login("star").await.expect(403).json()["restore_token"].clone();
    app.post("/auth/restore", json!({ "restore_token": token })).await.expect(200);
    wait_until_moved(&app).await;
    expect_batches(&app.pool, "hidden_follows", follows, "restoring").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_deletes_more_than_a_batch_while_an_account_is_erased() {
    for is_hidden in [true, false] {
        let (app, star, follows) = app_with_star().await;
        let id: Uuid = star.id.parse().unwrap();
        if is_hidden {
            hide(&app, &star).await;
            wait_until_moved(&app).await;
            expect_batches(&app.pool, "follows", follows, "hiding").await;
            // Its notice is sent, or the erasure waits for it.
            app.wait_until_all_sent().await;
            app.run("UPDATE users.users SET deletes_at = now() - interval '1 minute' WHERE username = 'star'").await;
            erase_all_due(&app).await;
        } else {
            assert!(erase_user(&app, id).await);
        }
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM users.users WHERE id = $1")
            .bind(id)
            .fetch_one(&app.pool)
            .await
            .unwrap();
        assert_eq!(left, 0);
        let table = if is_hidden { "hidden_follows" } else { "follows" };
        expect_batches(&app.pool, table, follows, &format!("erasing, hidden: {is_hidden}")).await;
    }
}
