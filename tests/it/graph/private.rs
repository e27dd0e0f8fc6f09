//! Private accounts: requests to follow, and lists that are closed to others.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user, usernames};

async fn set(app: &TestApp, user: &TestUser, settings: Value) -> TestResponse {
    TestResponse::of(app.request(Method::PATCH, "/users/me").bearer_auth(&user.token).json(&settings)).await
}

async fn waiting(app: &TestApp, user: &TestUser, path: &str) -> Vec<String> {
    let body = user.get(app, path).await.expect(200).json();
    usernames(&body["items"]).into_iter().map(ToOwned::to_owned).collect()
}

const RECEIVED: &str = "/users/me/follow-requests";
const SENT: &str = "/users/me/follow-requests?sent=true";

async fn accept(app: &TestApp, user: &TestUser, requester: &TestUser) -> TestResponse {
    user.send(app, Method::POST, &format!("{RECEIVED}/{}/accept", requester.id)).await
}

async fn decline(app: &TestApp, user: &TestUser, requester: &TestUser) -> TestResponse {
    user.send(app, Method::DELETE, &format!("{RECEIVED}/{}", requester.id)).await
}

#[tokio::test]
async fn users_decide_about_their_visibility() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let settings = |me: &Value| ["private", "hide_follows", "discoverable"].map(|name| me[name].as_bool().unwrap());
    assert_eq!(settings(&app.me(&ann.token).await.expect(200).json()), [false, false, true]);
    let before = app.me(&ann.token).await.header("etag").to_owned();
    let changed = set(&app, &ann, json!({ "private": true, "discoverable": false })).await.expect(200);
    assert_eq!(settings(&changed.json()), [true, false, false]);
    assert_ne!(changed.header("etag"), before);
    let changed = set(&app, &ann, json!({ "hide_follows": true, "bio": "x" })).await.expect(200).json();
    assert_eq!((settings(&changed), &changed["bio"]), ([true, true, false], &json!("x")));
    for invalid in [json!("maybe"), json!(null), json!(1)] {
        set(&app, &ann, json!({ "private": invalid })).await.expect_error(422, "VALIDATION_FAILED");
    }
    assert_eq!(app.get("/profiles/ann").await.expect(200).json()["private"], json!(true));
}

#[tokio::test]
async fn a_private_user_is_asked_and_accepts() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    set(&app, &ann, json!({ "private": true })).await.expect(200);
    let expected = json!({ "follower_id": ben.id, "followee_id": ann.id, "state": "requested" });
    for _ in 0..2 {
        assert_eq!(ben.follow(&app, &ann.id).await.expect(202).json(), expected);
    }
    assert_eq!(
        (waiting(&app, &ann, RECEIVED).await, waiting(&app, &ben, SENT).await),
        (vec!["ben".into()], vec!["ann".into()])
    );
    let viewer = ben.get(&app, "/profiles/ann").await.expect(200).json()["viewer"].clone();
    let expected =
        json!({ "following": false, "followed_by": false, "requested": true, "blocking": false, "muting": false });
    assert_eq!(viewer, expected);
    let path = format!("/users/me/relationships?ids={}", ben.id);
    assert_eq!(ann.get(&app, &path).await.expect(200).json()["items"][0]["requested_by"], json!(true));
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 0), (0, 0)));

    for _ in 0..2 {
        accept(&app, &ann, &ben).await.expect(204);
    }
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((1, 0), (0, 1)));
    assert_eq!(ben.follow(&app, &ann.id).await.expect(200).json()["state"], "following");
    assert!(waiting(&app, &ann, RECEIVED).await.is_empty() && waiting(&app, &ben, SENT).await.is_empty());
    ben.unfollow(&app, &ann.id).await.expect(204);
    accept(&app, &ann, &ben).await.expect_error(404, "USER_NOT_FOUND");
    accept(&app, &ann, &ann).await.expect_error(404, "USER_NOT_FOUND");
}

#[tokio::test]
async fn a_request_can_be_canceled() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    set(&app, &ann, json!({ "private": true })).await.expect(200);
    ben.follow(&app, &ann.id).await.expect(202);
    ben.unfollow(&app, &ann.id).await.expect(204);
    assert!(waiting(&app, &ann, RECEIVED).await.is_empty());
    accept(&app, &ann, &ben).await.expect_error(404, "USER_NOT_FOUND");
    assert_eq!(app.count("relations").await, 0);
}

#[tokio::test]
async fn declining_is_silent_and_the_next_request_is_not_shown_for_a_week() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    set(&app, &ann, json!({ "private": true })).await.expect(200);
    ben.follow(&app, &ann.id).await.expect(202);
    for _ in 0..2 {
        decline(&app, &ann, &ben).await.expect(204);
    }
    assert_eq!(waiting(&app, &ben, SENT).await, ["ann"]);
    ben.follow(&app, &ann.id).await.expect(202);
    ben.unfollow(&app, &ann.id).await.expect(204);
    ben.follow(&app, &ann.id).await.expect(202);
    assert!(waiting(&app, &ann, RECEIVED).await.is_empty());
    app.run("UPDATE users.relations SET expires_at = now() WHERE kind = 'declined'").await;
    ben.follow(&app, &ann.id).await.expect(202);
    assert_eq!(waiting(&app, &ann, RECEIVED).await, ["ben"]);
    accept(&app, &ann, &ben).await.expect(204);
    assert_eq!((app.count("follows").await, app.count("relations").await), (1, 0));
    // A request that was declined is forgotten in the end.
    let cat = test_user(&app, "cat").await;
    cat.follow(&app, &ann.id).await.expect(202);
    decline(&app, &ann, &cat).await.expect(204);
    cat.unfollow(&app, &ann.id).await.expect(204);
    app.sweep().await;
    assert_eq!(app.count("relations").await, 1);
    app.run("UPDATE users.relations SET expires_at = now() - interval '1 second'").await;
    app.sweep().await;
    assert_eq!(app.count("relations").await, 0);
}

#[tokio::test]
async fn becoming_private_keeps_followers_and_becoming_public_accepts_all_requests_in_order() {
    const REQUESTS: i32 = 60;
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    ben.follow(&app, &ann.id).await.expect(201);
    set(&app, &ann, json!({ "private": true })).await.expect(200);
    assert_eq!(ann.counts(&app).await, (1, 0));
    app.run(&format!(
        "INSERT INTO users.users (id, email, username, password_hash, email_verified)
             SELECT gen_random_uuid(), 'r' || n || '@example.org', 'r' || n, 'x', true FROM generate_series(1, {REQUESTS}) n;
         INSERT INTO users.relations (user_id, other_id, kind, created_at)
             SELECT id, '{0}', 'requests', now() + make_interval(secs => substr(username, 2)::int)
             FROM users.users WHERE username ~ '^r[0-9]+$';
         INSERT INTO users.relations (user_id, other_id, kind, created_at)
             SELECT other_id, user_id, 'requested_by', created_at FROM users.relations",
        ann.id
    ))
    .await;
    let gone = "UPDATE users.users SET deletes_at = now() WHERE username = 'r7'";
    app.run(gone).await;
    set(&app, &ann, json!({ "private": false })).await.expect(200);
    wait_until("all requests are accepted", async || app.count("openings").await == 0).await;
    // The one whose account is about to be deleted, and Ben.
    assert_eq!(app.count("follows").await, i64::from(REQUESTS));
    assert_eq!(ann.counts(&app).await, (i64::from(REQUESTS), 0));
    let newest: Vec<i32> = sqlx::query_scalar(
        "SELECT substr(u.username, 2)::int FROM users.follows f JOIN users.users u ON u.id = f.follower_id
         WHERE u.username ~ '^r[0-9]+$' ORDER BY f.created_at",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    assert!(newest.is_sorted(), "{newest:?}");
}

#[tokio::test]
async fn lists_of_a_private_user_are_open_to_followers_and_hidden_ones_to_no_one() {
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    ben.follow(&app, &ann.id).await.expect(201);
    let service = TestUser::service(&app);
    for (settings, of_follower, of_other) in [
        (json!({ "private": true }), 200, 403),
        (json!({ "private": false, "hide_follows": true }), 403, 403),
        (json!({ "hide_follows": false }), 200, 200),
    ] {
        set(&app, &ann, settings.clone()).await.expect(200);
        for side in ["followers", "followees"] {
            let path = format!("/users/{}/{side}", ann.id);
            for (user, status) in [(&ann, 200), (&ben, of_follower), (&cat, of_other), (&service, 200)] {
                let list = user.get(&app, &path).await.expect(status);
                assert!(status == 200 || list.code() == "FORBIDDEN", "{settings}");
            }
        }
        cat.get(&app, &format!("/users/{}/familiar-followers", ann.id)).await.expect(of_other);
        // The counts are public.
        assert_eq!(cat.get(&app, "/profiles/ann").await.expect(200).json()["follower_count"], json!(1));
    }
}

#[tokio::test]
async fn a_user_with_few_followers_follows_at_most_7500() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    app.run(&format!("INSERT INTO users.follow_counts (user_id, followers, followees) VALUES ('{}', 0, 7500)", ann.id))
        .await;
    let rejected = ann.follow(&app, &ben.id).await;
    rejected.expect_error(429, "RATE_LIMITED");
    assert_eq!(rejected.header("retry-after"), "86400");
    ann.unfollow(&app, &ben.id).await.expect(204);
    app.run("UPDATE users.follow_counts SET followers = 7501").await;
    ann.follow(&app, &ben.id).await.expect(201);
}
