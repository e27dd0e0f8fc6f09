//! Search and typeahead: who is found, in which order, and who is not.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user, usernames};

async fn set(app: &TestApp, user: &TestUser, settings: Value) {
    let request = app.request(Method::PATCH, "/users/me").bearer_auth(&user.token).json(&settings);
    TestResponse::of(request).await.expect(200);
}

async fn get(app: &TestApp, user: &TestUser, path: &str, query: &[(&str, &str)]) -> TestResponse {
    let query = serde_urlencoded::to_string(query).unwrap();
    user.get(app, &format!("{path}?{query}")).await
}

async fn found(app: &TestApp, user: &TestUser, q: &str) -> Vec<String> {
    let search = get(app, user, "/users/search", &[("q", q)]).await.expect(200).json();
    let typeahead = get(app, user, "/users/typeahead", &[("q", q), ("limit", "20")]).await.expect(200).json();
    assert_eq!(search["items"], typeahead["items"], "{q}");
    usernames(&search["items"]).into_iter().map(ToOwned::to_owned).collect()
}

/// Adds users with these names, who are found after a sweep.
async fn add(app: &TestApp, prefix: &str, display_name: &str, count: i32) {
    app.run(&format!(
        "INSERT INTO users.users (id, email, username, display_name, password_hash)
         SELECT gen_random_uuid(), '{prefix}' || n || '@example.org', '{prefix}' || n, '{display_name}', 'x'
         FROM generate_series(1, {count}) n"
    ))
    .await;
    app.sweep().await;
}

#[tokio::test]
async fn people_are_found_by_the_beginning_of_their_names() {
    let app = TestApp::start().await;
    let (ann, zoe) = (test_user(&app, "ann").await, test_user(&app, "zoe_x").await);
    set(&app, &zoe, json!({ "display_name": "Zoë Ångström-Łuk 100%_\\" })).await;
    for q in ["zo", "ZOE_X", "@zoe", "zoë", "ZOE a", "angstrom", "ÅNG", "100%_\\", " zoe  ångström ", "angstrom-l"]
    {
        assert_eq!(found(&app, &ann, q).await, ["zoe_x"], "{q}");
    }
    // Letters of a pattern are letters, and an email is no name.
    for q in ["oe", "%%", "z_", "zo%", "\\%", "zoe_x@example.org", "example.org", "zoe%x", "xx"] {
        assert_eq!(found(&app, &ann, q).await, [""; 0], "{q}");
    }
    set(&app, &zoe, json!({ "display_name": null })).await;
    assert_eq!(found(&app, &ann, "ang").await, [""; 0]);
    let rename = app.request(Method::PUT, "/users/me/username").bearer_auth(&zoe.token);
    TestResponse::of(rename.json(&json!({ "username": "cleo" }))).await.expect(200);
    assert_eq!((found(&app, &ann, "zoe").await, found(&app, &ann, "cle").await), (vec![], vec!["cleo".to_owned()]));
    let person = get(&app, &ann, "/users/typeahead", &[("q", "cl")]).await.json()["items"][0].clone();
    assert_eq!((&person["id"], &person["viewer"]["following"]), (&json!(zoe.id), &json!(false)));
    assert!(!person.to_string().contains("example.org"));
}

#[tokio::test]
async fn people_who_are_followed_come_first_then_followers_then_popular_ones() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let mut sams = Vec::new();
    for name in ["sam1", "sam2", "sam3", "sam4", "sam5"] {
        sams.push(test_user(&app, name).await);
    }
    ann.follow(&app, &sams[3].id).await.expect(201);
    sams[2].follow(&app, &ann.id).await.expect(201);
    for fan in [&sams[0], &sams[2], &sams[3]] {
        fan.follow(&app, &sams[4].id).await.expect(201);
    }
    sams[0].follow(&app, &sams[1].id).await.expect(201);
    app.sweep().await;
    assert_eq!(found(&app, &ann, "sam").await, ["sam4", "sam3", "sam5", "sam2", "sam1"]);
    // The exact username comes before all.
    assert_eq!(found(&app, &ann, "sam1").await, ["sam1"]);
    set(&app, &sams[1], json!({ "display_name": "sam1" })).await;
    assert_eq!(found(&app, &ann, "SAM1").await, ["sam1", "sam2"]);
}

#[tokio::test]
async fn of_very_many_matches_the_known_and_the_popular_ones_are_found() {
    let app = TestApp::start().await;
    let (ann, max) = (test_user(&app, "ann").await, test_user(&app, "maxi").await);
    add(&app, "max", "Max", 1_200).await;
    let id = |name: &str| {
        let statement = sqlx::query_scalar::<_, uuid::Uuid>("SELECT id FROM users.users WHERE username = $1");
        statement.bind(name.to_owned()).fetch_one(&app.pool)
    };
    let (known, follower, popular) = (id("max700").await, id("max800").await, id("max900").await);
    let (known, follower, popular) = (known.unwrap(), follower.unwrap(), popular.unwrap());
    app.run(&format!(
        "INSERT INTO users.follows (follower_id, followee_id) VALUES ('{0}', '{1}'), ('{2}', '{0}'), ('{4}', '{3}')",
        ann.id, known, follower, popular, max.id
    ))
    .await;
    app.settle_follows().await;
    app.sweep().await;
    let all = found(&app, &ann, "ma").await;
    assert_eq!((&all[..3], all.len()), (&["max700", "max800", "max900"].map(ToOwned::to_owned)[..], 20));
    assert_eq!(found(&app, &ann, "max1100").await, ["max1100"]);
}

#[tokio::test]
async fn a_search_ends_after_a_hundred() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    add(&app, "tom", "Tom", 130).await;
    let (mut cursor, mut all) = (String::new(), Vec::new());
    for page in 0.. {
        let body = get(&app, &ann, "/users/search", &[("q", "tom"), ("cursor", &cursor)]).await.expect(200).json();
        let names = usernames(&body["items"]).into_iter().map(ToOwned::to_owned);
        all.extend(names);
        let Some(next) = body["next_cursor"].as_str() else {
            assert_eq!(page, 4);
            break;
        };
        next.clone_into(&mut cursor);
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 100);
    let eight = get(&app, &ann, "/users/typeahead", &[("q", "tom")]).await.json();
    let three = get(&app, &ann, "/users/typeahead", &[("q", "tom"), ("limit", "3")]).await.json();
    assert_eq!([eight, three].map(|body| body["items"].as_array().unwrap().len()), [8, 3]);
}

#[tokio::test]
async fn blocked_hidden_and_deleted_people_are_not_found() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let mut people = Vec::new();
    for name in ["eva1", "eva2", "eva3", "eva4"] {
        people.push(test_user(&app, name).await);
    }
    let [blocked, blocking, shy, leaving] = &people[..] else { unreachable!() };
    ann.send(&app, Method::POST, &format!("/users/{}/block", blocked.id)).await.expect(201);
    blocking.send(&app, Method::POST, &format!("/users/{}/block", ann.id)).await.expect(201);
    set(&app, shy, json!({ "discoverable": false, "display_name": "Eva Shy" })).await;
    let deletion = app.request(Method::POST, "/users/me/deletion").bearer_auth(&leaving.token);
    TestResponse::of(deletion.json(&json!({ "username": "eva4" }))).await.expect(202);
    for q in ["eva", "eva1", "eva2", "eva4", "shy"] {
        assert_eq!(found(&app, &ann, q).await, [""; 0], "{q}");
    }
    // Who does not want to be found is still found by those who know the exact name.
    assert_eq!(found(&app, &ann, "eva3").await, ["eva3"]);
    assert_eq!(found(&app, shy, "eva").await, ["eva1", "eva2"]);
    set(&app, shy, json!({ "discoverable": true })).await;
    assert_eq!(found(&app, &ann, "eva").await, ["eva3"]);
}

#[tokio::test]
async fn a_sweep_corrects_terms_that_are_wrong() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    app.run(&format!(
        "DELETE FROM users.search_terms WHERE user_id = '{0}';
         UPDATE users.users SET display_name = 'Benjamin' WHERE id = '{0}';
         INSERT INTO users.search_terms (user_id, term, popularity) VALUES ('{0}', 'bob', 3)",
        ben.id
    ))
    .await;
    assert_eq!((found(&app, &ann, "bo").await, found(&app, &ann, "benjamin").await), (vec!["ben".to_owned()], vec![]));
    app.sweep().await;
    assert_eq!((found(&app, &ann, "bo").await, found(&app, &ann, "benjamin").await), (vec![], vec!["ben".to_owned()]));
}

#[tokio::test]
async fn a_search_needs_a_user_and_a_text_and_has_limits() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for path in ["/users/search", "/users/typeahead"] {
        app.get(&format!("{path}?q=ann")).await.expect_error(401, "UNAUTHENTICATED");
        get(&app, &TestUser::service(&app), path, &[("q", "ann")]).await.expect_error(403, "FORBIDDEN");
        get(&app, &ann, path, &[]).await.expect_error(422, "VALIDATION_FAILED");
        for q in ["", "a", " a ", "@a", "a\u{301}", "\u{200b}\u{200b}a", &"a".repeat(201)] {
            let response = get(&app, &ann, path, &[("q", q)]).await;
            response.expect_error(422, "VALIDATION_FAILED");
            assert_eq!(response.json()["error"]["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), ["q"]);
        }
    }
    for limit in ["0", "21", "-1", "x"] {
        let query = [("q", "ann"), ("limit", limit)];
        get(&app, &ann, "/users/typeahead", &query).await.expect_error(422, "VALIDATION_FAILED");
    }
    for cursor in ["x", "ZA", "AAAA"] {
        let query = [("q", "ann"), ("cursor", cursor)];
        get(&app, &ann, "/users/search", &query).await.expect_error(422, "VALIDATION_FAILED");
    }
    // What was rejected does not count.
    for _ in 0..30 {
        get(&app, &ann, "/users/search", &[("q", "ann")]).await.expect(200);
    }
    let rejected = get(&app, &ann, "/users/search", &[("q", "ann")]).await;
    rejected.expect_error(429, "RATE_LIMITED");
    assert_eq!(rejected.header("retry-after"), "2");
    get(&app, &ann, "/users/typeahead", &[("q", "ann")]).await.expect(200);
}
