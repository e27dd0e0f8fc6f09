//! Blocks and mutes, and what a blocked user finds of the user who blocks them.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user, usernames};

async fn block(app: &TestApp, blocker: &TestUser, blocked: &TestUser) -> TestResponse {
    blocker.send(app, Method::POST, &format!("/users/{}/block", blocked.id)).await
}

async fn names(app: &TestApp, user: &TestUser, path: &str) -> Vec<String> {
    let body = user.get(app, path).await.expect(200).json();
    usernames(&body["items"]).into_iter().map(ToOwned::to_owned).collect()
}

async fn follow_each_other(app: &TestApp, one: &TestUser, other: &TestUser) {
    one.follow(app, &other.id).await.expect(201);
    other.follow(app, &one.id).await.expect(201);
}

#[tokio::test]
async fn a_block_ends_follows_in_both_directions_and_unblocking_brings_nothing_back() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    follow_each_other(&app, &ann, &ben).await;
    let expected = json!({ "blocker_id": ann.id, "blocked_id": ben.id });
    assert_eq!(block(&app, &ann, &ben).await.expect(201).json(), expected);
    assert_eq!(block(&app, &ann, &ben).await.expect(200).json(), expected);
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 0), (0, 0)));
    assert_eq!(names(&app, &ann, "/users/me/blocks").await, ["ben"]);
    ann.follow(&app, &ben.id).await.expect_error(409, "USER_BLOCKED");
    ben.follow(&app, &ann.id).await.expect_error(404, "USER_NOT_FOUND");
    for _ in 0..2 {
        ann.send(&app, Method::DELETE, &format!("/users/{}/block", ben.id)).await.expect(204);
    }
    assert!(names(&app, &ann, "/users/me/blocks").await.is_empty());
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 0), (0, 0)));
    ben.follow(&app, &ann.id).await.expect(201);
    assert_eq!(app.count("relations").await, 0);
}

#[tokio::test]
async fn blocks_and_mutes_of_yourself_and_of_unknown_users_are_rejected() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for kind in ["block", "mute"] {
        let path = |id: &str| format!("/users/{id}/{kind}");
        ann.send(&app, Method::POST, &path(&ann.id)).await.expect_error(422, "VALIDATION_FAILED");
        let unknown = Uuid::now_v7().to_string();
        for id in [unknown.as_str(), "nonsense"] {
            ann.send(&app, Method::POST, &path(id)).await.expect_error(404, "USER_NOT_FOUND");
        }
        ann.send(&app, Method::DELETE, &path(&unknown)).await.expect(204);
        app.post(&path(&unknown), json!({})).await.expect_error(401, "UNAUTHENTICATED");
        TestUser::service(&app).send(&app, Method::POST, &path(&ann.id)).await.expect_error(403, "FORBIDDEN");
    }
    for path in ["/users/me/blocks", "/users/me/mutes", "/users/me/follow-requests"] {
        TestUser::service(&app).get(&app, path).await.expect_error(403, "FORBIDDEN");
        app.get(path).await.expect_error(401, "UNAUTHENTICATED");
        let page = ann.get(&app, path).await.expect(200).json();
        let expected = json!({ "items": [], "page": 1, "page_size": 20, "has_next": false, "next_cursor": null });
        assert_eq!(page, expected, "{path}");
    }
}

/// What a user gets of another, whose id and name are replaced by those of no one.
async fn seen(app: &TestApp, viewer: &TestUser, path: &str) -> (u16, Vec<String>, String) {
    let response = viewer.get(app, path).await;
    let mut headers: Vec<_> = response.headers.keys().map(ToString::to_string).collect();
    headers.sort();
    (response.status, headers, response.text)
}

#[tokio::test]
async fn to_a_blocked_user_the_other_is_missing_to_the_byte() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    ann.send(&app, Method::POST, &format!("/users/{}/mute", ben.id)).await.expect(201);
    block(&app, &ann, &ben).await.expect(201);
    let unknown = Uuid::now_v7().to_string();
    for path in ["/users/{id}", "/users/{id}/followers", "/users/{id}/followees", "/users/{id}/familiar-followers"] {
        let (blocked, missing) = (path.replace("{id}", &ann.id), path.replace("{id}", &unknown));
        assert_eq!(seen(&app, &ben, &blocked).await, seen(&app, &ben, &missing).await, "{path}");
        ben.get(&app, &blocked).await.expect_error(404, "USER_NOT_FOUND");
    }
    assert_eq!(seen(&app, &ben, "/profiles/ann").await, seen(&app, &ben, "/profiles/unknown").await);
    for (method, path) in [(Method::POST, "follow"), (Method::POST, "block"), (Method::POST, "mute")] {
        let send = async |id: &str| ben.send(&app, method.clone(), &format!("/users/{id}/{path}")).await;
        let (blocked, missing) = (send(&ann.id).await, send(&unknown).await);
        assert_eq!((blocked.status, blocked.text), (missing.status, missing.text), "{path}");
    }
    let ids = format!("/users/me/relationships?ids={},{unknown}", ann.id);
    let relationships = ben.get(&app, &ids).await.expect(200).json()["items"].clone();
    let nothing = |id: &str| {
        json!({ "id": id, "found": false, "following": false, "followed_by": false, "requested": false,
                "requested_by": false, "blocking": false, "muting": false, "muting_expires_at": null })
    };
    assert_eq!(relationships, json!([nothing(&ann.id), nothing(&unknown)]));
    let users = ben.get(&app, &format!("/users?ids={},{}", ann.id, ben.id)).await.expect(200).json();
    assert_eq!(usernames(&users["items"]), ["ben"]);
    // Visitors and services still see the profile.
    app.get(&format!("/users/{}", ann.id)).await.expect(200);
    TestUser::service(&app).get(&app, &format!("/users/{}/followers", ann.id)).await.expect(200);
    ann.get(&app, "/profiles/ben").await.expect(200);
}

#[tokio::test]
async fn no_list_shows_a_blocked_user_or_who_blocks_them() {
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    for user in [&ann, &ben] {
        follow_each_other(&app, user, &cat).await;
    }
    let lists = [format!("/users/{}/followers", cat.id), format!("/users/{}/followees", cat.id)];
    let paths = |of: &TestUser| {
        let mut paths = lists.to_vec();
        for side in ["followers", "followees", "familiar-followers"] {
            paths.push(format!("/users/{}/{side}", of.id));
        }
        paths.extend(
            ["/users/me/timeline", "/users/me/blocks", "/users/me/mutes", "/users/me/follow-requests"].map(Into::into),
        );
        paths
    };
    // Ann and Ben would be suggested to each other.
    for (viewer, other) in [(&ann, "ben"), (&ben, "ann")] {
        let timeline = viewer.get(&app, "/users/me/timeline").await.expect(200).json();
        assert_eq!(usernames(&timeline["suggestions"]), [other]);
        assert_eq!(names(&app, viewer, &lists[0]).await.len(), 2);
    }
    block(&app, &ann, &ben).await.expect(201);
    for (viewer, other, name) in [(&ann, &ben, "ben"), (&ben, &ann, "ann")] {
        for path in paths(viewer) {
            let found = viewer.get(&app, &path).await.expect(200).text;
            assert!(
                path == "/users/me/blocks" || !found.contains(&other.id) && !found.contains(name),
                "{path}: {found}"
            );
        }
    }
    // The next page begins after the users that are left out, and no cursor names one of them.
    let dan = test_user(&app, "dan").await;
    dan.follow(&app, &cat.id).await.expect(201);
    let first = ann.get(&app, &format!("{}?page_size=1", lists[0])).await.expect(200).json();
    assert_eq!(usernames(&first["items"]), ["dan"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(names(&app, &ann, &format!("{}?cursor={cursor}", lists[0])).await, ["ann"]);
    // To others nothing has changed.
    assert_eq!(names(&app, &cat, &lists[0]).await, ["dan", "ben", "ann"]);
}

#[tokio::test]
async fn pages_show_a_blocked_user_the_page_of_no_one() {
    let app = TestApp::start().await;
    let (ann, login) = (test_user(&app, "ann").await, app.signed_in("ben").await);
    let ben = TestUser {
        id: app.me(&login.access_token()).await.json()["id"].as_str().unwrap().to_owned(),
        token: login.access_token(),
    };
    block(&app, &ann, &ben).await.expect(201);
    let body = |text: &str, name: &str| {
        text.split("<body").nth(1).unwrap().split("<script").next().unwrap().replace(name, "unknown")
    };
    for page in ["", "/followers", "/following"] {
        let blocked = app.page(&format!("/profile/ann{page}"), &login.session()).await.expect(404);
        let missing = app.page(&format!("/profile/unknown{page}"), &login.session()).await.expect(404);
        assert_eq!(body(&blocked.text, "ann"), body(&missing.text, "unknown"), "{page}");
    }
}

#[tokio::test]
async fn a_mute_is_known_to_its_user_alone_and_ends_by_the_clock() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    follow_each_other(&app, &ann, &ben).await;
    let path = format!("/users/{}/mute", ben.id);
    let mute = async |body: Value| {
        TestResponse::of(app.request(Method::POST, &path).bearer_auth(&ann.token).json(&body)).await
    };
    let forever = mute(json!({})).await.expect(201).json();
    assert_eq!(forever, json!({ "muter_id": ann.id, "muted_id": ben.id, "expires_at": null }));
    let expiring = mute(json!({ "expires_in": 60 })).await.expect(200).json();
    assert!(expiring["expires_at"].as_str().unwrap() > "2026");
    for seconds in [json!(0), json!(-1), json!(31_536_001), json!("soon")] {
        mute(json!({ "expires_in": seconds })).await.expect_error(422, "VALIDATION_FAILED");
    }
    assert_eq!(names(&app, &ann, "/users/me/mutes").await, ["ben"]);
    let relation = async |user: &TestUser, other: &TestUser| {
        let path = format!("/users/me/relationships?ids={}", other.id);
        user.get(&app, &path).await.expect(200).json()["items"][0].clone()
    };
    let muting = relation(&ann, &ben).await;
    assert_eq!((&muting["muting"], &muting["muting_expires_at"]), (&json!(true), &expiring["expires_at"]));
    assert_eq!(ann.get(&app, "/profiles/ben").await.expect(200).json()["viewer"]["muting"], json!(true));
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((1, 1), (1, 1)));
    assert!(!relation(&ben, &ann).await.to_string().contains("\"muting\":true"));
    app.run("UPDATE users.relations SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL").await;
    assert!(names(&app, &ann, "/users/me/mutes").await.is_empty());
    let expired = relation(&ann, &ben).await;
    assert_eq!((&expired["muting"], &expired["muting_expires_at"]), (&json!(false), &json!(null)));
    app.sweep().await;
    assert_eq!(app.count("relations").await, 0);
    mute(json!({})).await.expect(201);
    ann.send(&app, Method::DELETE, &path).await.expect(204);
    assert_eq!(app.count("relations").await, 0);
}

#[tokio::test]
async fn relationships_keep_the_order_and_services_learn_of_blocks() {
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    ann.follow(&app, &cat.id).await.expect(201);
    block(&app, &ben, &ann).await.expect(201);
    let unknown = Uuid::now_v7().to_string();
    let ids = [&cat.id, &unknown, &ben.id].map(String::as_str).join(",");
    let service = TestUser::service(&app);
    let items = service.get(&app, &format!("/users/{}/relationships?ids={ids}", ann.id)).await.expect(200).json();
    let items = items["items"].as_array().unwrap().clone();
    assert_eq!(items.iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>().join(","), ids);
    let flags =
        |item: &Value| [&item["found"], &item["following"], &item["blocked_by"]].map(|flag| flag.as_bool().unwrap());
    assert_eq!(
        items.iter().map(flags).collect::<Vec<_>>(),
        [[true, true, false], [false, false, false], [true, false, true]]
    );
    let path = format!("/users/{}/relationships?ids={ids}", ann.id);
    ann.get(&app, &path).await.expect_error(403, "FORBIDDEN");
    service.get(&app, "/users/me/relationships?ids=").await.expect_error(403, "FORBIDDEN");
    let many = vec![cat.id.as_str(); 101].join(",");
    for ids in ["x", &many, ""] {
        let path = format!("/users/me/relationships?ids={ids}");
        ann.get(&app, &path).await.expect_error(422, "VALIDATION_FAILED");
    }
}

#[tokio::test]
async fn familiar_followers_are_those_that_the_caller_follows() {
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    let dan = test_user(&app, "dan").await;
    for follower in [&ben, &cat, &dan] {
        follower.follow(&app, &ann.id).await.expect(201);
    }
    let eve = test_user(&app, "eve").await;
    for followee in [&ben, &cat] {
        eve.follow(&app, &followee.id).await.expect(201);
    }
    let path = format!("/users/{}/familiar-followers", ann.id);
    let found = eve.get(&app, &path).await.expect(200).json();
    assert_eq!((usernames(&found["items"]), &found["total"]), (vec!["cat", "ben"], &json!(2)));
    block(&app, &ben, &eve).await.expect(201);
    let found = eve.get(&app, &path).await.expect(200).json();
    assert_eq!((usernames(&found["items"]), &found["total"]), (vec!["cat"], &json!(1)));
}

#[tokio::test]
async fn a_deleted_account_leaves_no_relation() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    for (one, other) in [(&ann, &ben), (&ben, &ann)] {
        one.send(&app, Method::POST, &format!("/users/{}/mute", other.id)).await.expect(201);
    }
    block(&app, &ann, &ben).await.expect(201);
    assert_eq!(app.count("relations").await, 6);
    crate::support::database::delete_user(&app.pool, ann.id.parse().unwrap()).await.unwrap();
    assert_eq!(app.count("relations").await, 0);
}
