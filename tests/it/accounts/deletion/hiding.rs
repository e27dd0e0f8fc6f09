//! A hidden user and the user's follows are missing everywhere, and come back as they were.

use kith::domain::graph::follow_counts;
use reqwest::Method;
use serde_json::{Value, json};

use super::support::{
    delete, follows, keep, listed, pause_background, resume_background, test_users, wait_until_moved,
};
use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, usernames};

/// Everything that `viewer` can read about these users, errors included.
async fn seen_by(app: &TestApp, viewer: &TestUser, users: &[(&str, &TestUser)]) -> Vec<(String, u16, Value)> {
    let ids = users.iter().map(|(_, user)| user.id.as_str()).collect::<Vec<_>>().join(",");
    let mut paths = vec!["/users/me/timeline".to_owned(), format!("/users?ids={ids}")];
    for (name, user) in users {
        paths.push(format!("/profiles/{name}"));
        paths.push(format!("/users/{}", user.id));
        for list in ["followers", "followees"] {
            paths.push(format!("/users/{}/{list}?page_size=100", user.id));
            paths.push(format!("/users/{}/{list}?page_size=1", user.id));
        }
    }
    let mut seen = Vec::new();
    for path in paths {
        let response = viewer.get(app, &path).await;
        seen.push((path, response.status, response.json()));
    }
    seen
}

/// The follower and followee counts on a public profile.
async fn public_counts(app: &TestApp, name: &str) -> (i64, i64) {
    let body = app.get(&format!("/profiles/{name}")).await.expect(200).json();
    (body["follower_count"].as_i64().unwrap(), body["followee_count"].as_i64().unwrap())
}

#[tokio::test]
async fn a_hidden_user_is_missing_everywhere_before_and_after_the_follows_are_moved() {
    let app = TestApp::start().await;
    let [ann, ben, cat, dan] = test_users(&app, ["ann", "ben", "cat", "dan"]).await;
    for (follower, followee) in
        [(&ben, &ann), (&ann, &ben), (&ann, &cat), (&cat, &ann), (&ben, &cat), (&dan, &ben), (&cat, &dan)]
    {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let timeline = dan.get(&app, "/users/me/timeline").await.expect(200).json();
    assert_eq!(usernames(&timeline["suggestions"]).len(), 2, "{timeline}");
    pause_background(&app).await;
    delete(&app, &ann).await.expect(202);

    let users = [("ann", &ann), ("ben", &ben), ("cat", &cat), ("dan", &dan)];
    let check = async |moved: bool| {
        assert_eq!((app.count("hidings").await == 0, app.count("follows").await == 3), (moved, moved));
        for path in [
            "/profiles/ann".to_owned(),
            "/profiles/ANN".to_owned(),
            format!("/users/{}", ann.id),
            format!("/users/{}/followers", ann.id),
            format!("/users/{}/followees", ann.id),
        ] {
            ben.get(&app, &path).await.expect_error(404, "USER_NOT_FOUND");
        }
        for path in ["/profile/ann", "/profile/ann/followers", "/profile/ann/following"] {
            app.page(path, "").await.expect(404);
        }
        let found = app.get(&format!("/users?ids={},{}", ann.id, ben.id)).await.expect(200).json();
        assert_eq!(usernames(&found["items"]), ["ben"]);
        for follower in [&ben, &dan] {
            follower.follow(&app, &ann.id).await.expect_error(404, "USER_NOT_FOUND");
        }
        assert_eq!(listed(&app, &dan, &ben, "followers").await, ["dan"]);
        assert_eq!(listed(&app, &dan, &ben, "followees").await, ["cat"]);
        assert_eq!(listed(&app, &dan, &cat, "followers").await, ["ben"]);
        assert_eq!(listed(&app, &dan, &cat, "followees").await, ["dan"]);
        assert_eq!((public_counts(&app, "ben").await, public_counts(&app, "cat").await), ((1, 1), (1, 1)));
        assert_eq!((ben.counts(&app).await, dan.counts(&app).await), ((1, 1), (1, 1)));
        for (viewer, list, expected) in [
            (&ben, "following", &["cat"][..]),
            (&ben, "new_followers", &["dan"]),
            (&dan, "suggestions", &["cat"]),
            (&cat, "suggestions", &["ben"]),
            (&ben, "suggestions", &["dan"]),
        ] {
            let timeline = viewer.get(&app, "/users/me/timeline").await.expect(200).json();
            assert_eq!(usernames(&timeline[list]), expected, "{list}: {timeline}");
        }
        let page = ben.get(&app, &format!("/users/{}/followers?page_size=1", cat.id)).await.expect(200).json();
        assert_eq!((&page["has_next"], &page["next_cursor"]), (&json!(false), &Value::Null));
    };
    check(false).await;
    let before = seen_by(&app, &ben, &users).await;
    let _another = resume_background(&app).await;
    wait_until_moved(&app).await;
    check(true).await;
    assert_eq!(seen_by(&app, &ben, &users).await, before);
    assert_eq!(follow_counts::drift(&app.pool.clone().into()).await.unwrap(), []);
}

#[tokio::test]
async fn a_restored_account_is_exactly_as_it_was() {
    let app = TestApp::start().await;
    let [mut ann, ben, cat, dan] = test_users(&app, ["ann", "ben", "cat", "dan"]).await;
    for (follower, followee) in
        [(&ben, &ann), (&ann, &ben), (&ann, &cat), (&cat, &ann), (&ben, &cat), (&dan, &ben), (&dan, &ann)]
    {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let patch = app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token);
    TestResponse::of(patch.json(&json!({ "bio": "Likes rivers", "display_name": "Ann B" }))).await.expect(200);
    let snapshot = async |ann: &TestUser| {
        let users = [("ann", ann), ("ben", &ben), ("cat", &cat), ("dan", &dan)];
        let mut seen = Vec::new();
        for (_, viewer) in users {
            seen.push(seen_by(&app, viewer, &users).await);
        }
        (app.me(&ann.token).await.expect(200).json(), seen, follows(&app).await)
    };
    let before = snapshot(&ann).await;
    for moved in [false, true, true, false] {
        pause_background(&app).await;
        delete(&app, &ann).await.expect(202);
        if moved {
            let _another = resume_background(&app).await;
            wait_until_moved(&app).await;
            assert_eq!((app.count("follows").await, app.count("hidden_follows").await), (2, 5));
        }
        ann = keep(&app, "ann", &ann.id).await;
        assert_eq!(snapshot(&ann).await, before, "moved: {moved}");
        assert_eq!((app.count("hidings").await, app.count("hidden_follows").await), (0, 0));
    }
    assert_eq!(follow_counts::drift(&app.pool.clone().into()).await.unwrap(), []);
}

#[tokio::test]
async fn follows_that_the_other_side_removes_in_the_meantime_stay_removed() {
    for moved in [false, true] {
        let app = TestApp::start().await;
        let [ann, ben, cat, dan] = test_users(&app, ["ann", "ben", "cat", "dan"]).await;
        for (follower, followee) in [(&ben, &ann), (&ann, &ben), (&cat, &ann), (&ann, &cat), (&dan, &ann)] {
            follower.follow(&app, &followee.id).await.expect(201);
        }
        pause_background(&app).await;
        delete(&app, &ann).await.expect(202);
        let mut another = None;
        if moved {
            another = Some(resume_background(&app).await);
            wait_until_moved(&app).await;
        }
        ben.unfollow(&app, &ann.id).await.expect(204);
        cat.send(&app, Method::DELETE, &format!("/users/me/followers/{}", ann.id)).await.expect(204);
        let ann = keep(&app, "ann", &ann.id).await;
        assert_eq!(listed(&app, &dan, &ann, "followers").await, ["dan", "cat"], "moved: {moved}");
        assert_eq!(listed(&app, &dan, &ann, "followees").await, ["ben"], "moved: {moved}");
        assert_eq!(ann.counts(&app).await, (2, 1));
        assert_eq!((ben.counts(&app).await, cat.counts(&app).await), ((1, 0), (0, 1)));
        drop(another);
    }
}

#[tokio::test]
async fn two_users_who_follow_each_other_come_back_in_either_order() {
    let app = TestApp::start().await;
    let [mut ann, mut ben, cat] = test_users(&app, ["ann", "ben", "cat"]).await;
    for (follower, followee) in [(&ann, &ben), (&ben, &ann), (&cat, &ann), (&ben, &cat)] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let before = follows(&app).await;
    for (moved, ann_first) in [(true, true), (true, false), (false, true), (false, false)] {
        pause_background(&app).await;
        delete(&app, &ann).await.expect(202);
        delete(&app, &ben).await.expect(202);
        let mut another = None;
        if moved {
            another = Some(resume_background(&app).await);
            wait_until_moved(&app).await;
            assert_eq!(app.count("follows").await, 0);
        }
        assert_eq!(public_counts(&app, "cat").await, (0, 0));
        if ann_first {
            ann = keep(&app, "ann", &ann.id).await;
            app.get("/profiles/ben").await.expect(404);
            assert_eq!((ann.counts(&app).await, public_counts(&app, "cat").await), ((1, 0), (0, 1)));
            assert_eq!(listed(&app, &cat, &ann, "followers").await, ["cat"]);
            ben = keep(&app, "ben", &ben.id).await;
        } else {
            ben = keep(&app, "ben", &ben.id).await;
            app.get("/profiles/ann").await.expect(404);
            assert_eq!((ben.counts(&app).await, public_counts(&app, "cat").await), ((0, 1), (1, 0)));
            assert_eq!(listed(&app, &cat, &ben, "followees").await, ["cat"]);
            ann = keep(&app, "ann", &ann.id).await;
        }
        assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((2, 1), (1, 2)));
        assert_eq!(follows(&app).await, before, "moved: {moved}, ann first: {ann_first}");
        assert_eq!(app.count("hidden_follows").await, 0);
        drop(another);
    }
    assert_eq!(follow_counts::drift(&app.pool.clone().into()).await.unwrap(), []);
}
