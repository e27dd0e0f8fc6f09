//! Deleting an account with many followers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kith::domain::accounts::erasure::{Erasable, erase};
use kith::domain::audit::log::{Action, Actor, Entry};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::test_user;

const FOLLOWERS: i64 = 12_000;

async fn erase_user(app: &TestApp, id: Uuid) -> bool {
    let entry = Entry::new(Actor::Operator("test".to_owned()), Action::AccountDeleted, id);
    erase(&app.pool, id, Erasable::Any, &entry).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_during_a_deletion_waits_for_at_most_one_batch() {
    let app = TestApp::start().await;
    let (star, ann) = (test_user(&app, "star").await, test_user(&app, "ann").await);
    let id: Uuid = star.id.parse().unwrap();
    star.follow(&app, &ann.id).await.expect(201);
    for statement in [
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), 'f' || n || '@example.org', 'f' || n, 'x' FROM generate_series(1, $2) n
         WHERE $1 IS NOT NULL",
        "INSERT INTO users.follows (follower_id, followee_id, created_at)
         SELECT id, $1, now() - make_interval(secs => row_number() OVER () % 100) FROM users.users
         WHERE username ~ '^f[0-9]' AND $2 > 0",
    ] {
        sqlx::query(statement).bind(id).bind(FOLLOWERS).execute(&app.pool).await.unwrap();
    }
    let done = AtomicBool::new(false);
    let deletion = async {
        assert!(erase_user(&app, id).await);
        done.store(true, Ordering::Relaxed);
    };
    let others = async {
        let (mut longest, mut rounds) = (Duration::ZERO, 0);
        while !done.load(Ordering::Relaxed) {
            let started = Instant::now();
            let followed = ann.follow(&app, &star.id).await;
            assert!([200, 201, 404].contains(&followed.status), "{}", followed.text);
            ann.unfollow(&app, &star.id).await.expect(204);
            longest = longest.max(started.elapsed());
            rounds += 1;
        }
        (longest, rounds)
    };
    let (longest, rounds) = tokio::join!(others, deletion).0;
    assert!(rounds > 3 && longest < Duration::from_secs(2), "{rounds} rounds, the longest {longest:?}");
    assert_eq!(app.count("follows").await, 0);
    assert_eq!(ann.counts(&app).await, (0, 0));
    let counted: i64 =
        sqlx::query_scalar("SELECT coalesce(sum(followers + followees), 0)::bigint FROM users.follow_counts")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(counted, 0);
    assert_eq!(app.count("users").await, FOLLOWERS + 1);
    app.login("star").await.expect_error(401, "INVALID_CREDENTIALS");
    assert!(!erase_user(&app, id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_of_a_deleted_account_is_queued_for_removal() {
    const PNG: &[u8] = include_bytes!("../../../public/apple-touch-icon.png");
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let picture = app.request(reqwest::Method::PUT, "/users/me/avatar").bearer_auth(&ann.token);
    let response = TestResponse::of(picture.header("content-type", "image/png").body(PNG)).await;
    let shown = response.expect(200).json()["avatar_url"].as_str().unwrap().to_owned();
    erase_user(&app, ann.id.parse().unwrap()).await;
    let removals: Vec<String> =
        sqlx::query_scalar("SELECT name FROM users.avatar_removals").fetch_all(&app.pool).await.unwrap();
    assert_eq!(removals, [shown.strip_prefix("/avatars/").unwrap()]);
}
