//! `GET /users/me/timeline`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

const PATH: &str = "/users/me/timeline";

async fn test_users<const N: usize>(app: &TestApp, names: [&str; N]) -> [TestUser; N] {
    let mut users = Vec::new();
    for name in names {
        users.push(test_user(app, name).await);
    }
    users.try_into().ok().unwrap()
}

fn names(response: &TestResponse, list: &str) -> Vec<String> {
    let body = response.json();
    let items = body[list].as_array().unwrap();
    items.iter().map(|item| item["username"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_timeline_shows_followees_new_followers_and_suggestions() {
    let app = TestApp::start().await;
    let [ann, ben, cat, dan, eve, fay] = test_users(&app, ["ann", "ben", "cat", "dan", "eve", "fay"]).await;
    let empty = json!({ "following": [], "new_followers": [], "suggestions": [], "follow_requests": 0 });
    assert_eq!(ann.get(&app, PATH).await.expect(200).json(), empty);
    for (follower, followee) in [
        (&ann, &ben),
        (&ann, &cat),
        (&dan, &ann),
        (&ben, &ann),
        // Of ann's followees, one follows dan and both follow eve.
        (&ben, &dan),
        (&ben, &eve),
        (&cat, &eve),
        // Not suggested: ann follows ben already, and none of her followees follows fay.
        (&cat, &ben),
        (&eve, &fay),
    ] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let response = ann.get(&app, PATH).await.expect(200);
    assert_eq!(names(&response, "following"), ["cat", "ben"]);
    assert_eq!(names(&response, "new_followers"), ["ben", "dan"]);
    assert_eq!(names(&response, "suggestions"), ["eve", "dan"]);
    let body = response.json();
    let viewer = |following, followed_by| {
        json!({ "following": following, "followed_by": followed_by, "requested": false, "blocking": false,
                "muting": false })
    };
    assert_eq!(body["following"][0]["viewer"], viewer(true, false));
    assert_eq!(body["new_followers"][0]["viewer"], viewer(true, true));
    assert_eq!(body["new_followers"][1]["viewer"], viewer(false, true));
    let suggestion = json!({
        "id": dan.id, "username": "dan", "display_name": null, "avatar_url": null, "private": false,
        "viewer": viewer(false, true), "mutual_count": 1,
    });
    assert_eq!((&body["suggestions"][0]["mutual_count"], &body["suggestions"][1]), (&json!(2), &suggestion));
    assert!(!response.text.contains("example.org"), "{}", response.text);
    expect_schema(&body);
}

/// Panics unless the fields are exactly those of the `OpenAPI` schema.
fn expect_schema(body: &Value) {
    let document: Value = serde_json::from_str(kith::server::http::endpoints::openapi::OPENAPI).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let schemas = &document["components"]["schemas"];
    assert_eq!(keys(body), keys(&schemas["Timeline"]["properties"]));
    let person = keys(&schemas["Person"]["properties"]);
    let mut suggestion = keys(&schemas["Suggestion"]["allOf"][1]["properties"]);
    suggestion.extend(person.clone());
    for (list, expected) in [("following", &person), ("new_followers", &person), ("suggestions", &suggestion)] {
        assert_eq!(keys(&body[list][0]), *expected, "{list}");
    }
}

#[tokio::test]
async fn each_list_holds_a_dozen_and_equal_suggestions_have_a_stable_order() {
    let app = TestApp::start().await;
    let [ann, ben] = test_users(&app, ["ann", "ben"]).await;
    ann.follow(&app, &ben.id).await.expect(201);
    app.run(
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), 'f' || n || '@example.org', 'f' || n, 'x' FROM generate_series(1, 40) n",
    )
    .await;
    for (user, statement) in [
        // ben follows them all. About half follow ann, and she follows some of the others.
        (
            &ben,
            "INSERT INTO users.follows (follower_id, followee_id, created_at)
             SELECT $1::uuid, id, now() FROM users.users WHERE username ~ '^f'",
        ),
        (
            &ann,
            "INSERT INTO users.follows (follower_id, followee_id)
             SELECT id, $1::uuid FROM users.users WHERE username ~ '^f[12]'",
        ),
        (
            &ann,
            "INSERT INTO users.follows (follower_id, followee_id)
             SELECT $1::uuid, id FROM users.users WHERE username ~ '^f[3]'",
        ),
    ] {
        sqlx::query(statement).bind(&user.id).execute(&app.pool).await.unwrap();
    }
    app.settle_follows().await;
    let response = ann.get(&app, PATH).await.expect(200);
    for (list, count) in [("following", 12), ("new_followers", 12), ("suggestions", 12)] {
        assert_eq!(names(&response, list).len(), count, "{list}");
    }
    assert!(names(&response, "suggestions").iter().all(|name| !name.starts_with("f3")));
    let body = response.json();
    let ids: Vec<Uuid> = body["suggestions"].as_array().unwrap().iter().map(id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
}

fn id(item: &Value) -> Uuid {
    item["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn suggestions_are_computed_once_a_day_and_never_show_whom_the_user_follows() {
    let app = TestApp::start().await;
    let [ann, ben, cat, dan] = test_users(&app, ["ann", "ben", "cat", "dan"]).await;
    for (follower, followee) in [(&ann, &ben), (&ann, &cat), (&ben, &dan)] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let suggestions = async || {
        let timeline = ann.get(&app, PATH).await.expect(200);
        names(&timeline, "suggestions")
    };
    assert_eq!(suggestions().await, ["dan"]);
    // What others do shows on the next day.
    let [eve, fay] = test_users(&app, ["eve", "fay"]).await;
    for (follower, followee) in [(&ben, &eve), (&cat, &eve)] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    assert_eq!(suggestions().await, ["dan"]);
    app.run("UPDATE users.suggestions SET computed_at = now() - interval '1 day'").await;
    assert_eq!(suggestions().await, ["eve", "dan"]);
    // What the user does shows at once.
    ben.follow(&app, &fay.id).await.expect(201);
    ann.follow(&app, &eve.id).await.expect(201);
    assert_eq!(suggestions().await.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&"dan".into(), &"fay".into()]));
    ann.unfollow(&app, &eve.id).await.expect(204);
    assert_eq!(suggestions().await[0], "eve");
}

#[tokio::test]
async fn only_users_have_a_timeline() {
    let app = TestApp::start().await;
    app.get(PATH).await.expect_error(401, "UNAUTHENTICATED");
    TestUser::service(&app).get(&app, PATH).await.expect_error(403, "FORBIDDEN");
}
