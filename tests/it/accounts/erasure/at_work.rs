//! Hiding, restoring and erasing an account with many followers while it is in use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kith::domain::graph::follow_counts;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::support::{create_followers, erase_user};
use crate::support::app::TestApp;
use crate::support::citus;
use crate::support::outbox::wait_until;
use crate::support::picture::{png, put};
use crate::support::user::{TestUser, test_user};

/// The followers of a star: enough for seconds of work.
fn followers() -> i64 {
    if citus::nodes().is_some() { 1_500 } else { 12_000 }
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
    create_followers(&app, &star, followers()).await;
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
    assert_eq!(app.count("users").await, followers() + 1);
    app.login("star").await.expect_error(401, "INVALID_CREDENTIALS");
    assert!(!erase_user(&app, id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_during_hiding_and_restoring_waits_for_at_most_one_batch() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let (star, ann) = (test_user(&app, "star").await, test_user(&app, "ann").await);
    star.follow(&app, &ann.id).await.expect(201);
    create_followers(&app, &star, followers()).await;
    let done = AtomicBool::new(false);
    let moved = async || {
        wait_until("all follows are moved", async || app.count("hidings").await == 0).await;
    };
    let work = async {
        star.send(&app, Method::POST, "/users/me/deletion").await.expect(202);
        moved().await;
        assert_eq!((app.count("hidden_follows").await, star_follows(&app, &star).await), (followers() + 1, 0));
        let token = app.login("star").await.expect(403).json()["restore_token"].clone();
        let started = Instant::now();
        app.post("/auth/restore", json!({ "restore_token": token })).await.expect(200);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        moved().await;
        done.store(true, Ordering::Relaxed);
    };
    let (longest, rounds) = tokio::join!(follow_in_rounds(&app, &ann, &star, &done), work).0;
    assert!(rounds > 3 && longest < Duration::from_secs(2), "{rounds} rounds, the longest {longest:?}");
    assert_eq!((app.count("hidden_follows").await, app.count("follows").await), (0, followers() + 1));
    let profile = app.get("/profiles/star").await.expect(200).json();
    assert_eq!((&profile["follower_count"], &profile["followee_count"]), (&json!(followers()), &json!(1)));
    assert_eq!(follow_counts::drift(&app.pool.clone().into()).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_account_does_not_wait_until_a_large_one_is_hidden() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let (star, ann, ben) = (test_user(&app, "star").await, test_user(&app, "ann").await, test_user(&app, "ben").await);
    ann.follow(&app, &ben.id).await.expect(201);
    // Hiding them takes several turns of five seconds.
    create_followers(&app, &star, 5 * followers()).await;
    let hiding = async || -> Vec<String> {
        let statement = "SELECT username FROM users.hidings JOIN users.users ON id = user_id ORDER BY username";
        sqlx::query_scalar(statement).fetch_all(&app.pool).await.unwrap()
    };
    star.send(&app, Method::POST, "/users/me/deletion").await.expect(202);
    wait_until("hiding begins", async || app.count("hidden_follows").await > 0).await;
    ann.send(&app, Method::POST, "/users/me/deletion").await.expect(202);
    assert_eq!(hiding().await, ["ann", "star"]);
    wait_until("the small account is hidden", async || hiding().await == ["star"]).await;
    assert!(star_follows(&app, &star).await > 0, "the large one is still being hidden");
}

async fn star_follows(app: &TestApp, star: &TestUser) -> i64 {
    let statement = "SELECT count(*) FROM users.follows WHERE $1::text::uuid IN (follower_id, followee_id)";
    sqlx::query_scalar(statement).bind(&star.id).fetch_one(&app.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_of_a_deleted_account_is_queued_for_removal() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let response = put(&app, &ann.token, "image/png", png([200, 40, 40])).await;
    let shown = response.expect(200).json()["avatar_url"].as_str().unwrap().to_owned();
    erase_user(&app, ann.id.parse().unwrap()).await;
    let removals: Vec<String> =
        sqlx::query_scalar("SELECT name FROM users.avatar_removals").fetch_all(&app.pool).await.unwrap();
    assert_eq!(removals, [shown.strip_prefix("/avatars/").unwrap()]);
}
