//! `GET /users/{id}`, `GET /users`, `GET /profiles/{username}` and `PATCH /users/me`: USER-BE-003.1,
//! USER-BE-003.2, USER-STORY-003, and the columns of USER-INFRA-003.2.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

/// The access token and id of a new user.
async fn token_and_id(app: &TestApp, name: &str) -> (String, String) {
    let TestUser { token, id } = test_user(app, name).await;
    (token, id)
}

async fn patch(app: &TestApp, token: &str, body: &Value) -> TestResponse {
    TestResponse::of(app.request(Method::PATCH, "/users/me").bearer_auth(token).json(body)).await
}

#[tokio::test]
async fn user_be_003_1_s2_a_public_profile_has_four_fields_and_needs_no_token() {
    let app = TestApp::start().await;
    let (_, id) = token_and_id(&app, "ann").await;
    let response = app.get(&format!("/users/{id}")).await.expect(200);
    assert_eq!(response.json(), json!({ "id": id, "username": "ann", "display_name": null, "avatar_url": null }),);
    for unknown in [Uuid::now_v7().to_string(), "nonsense".to_owned(), "0".to_owned()] {
        app.get(&format!("/users/{unknown}")).await.expect_error(404, "USER_NOT_FOUND");
    }
}

#[tokio::test]
async fn users_are_returned_in_the_requested_order_and_unknown_ids_are_skipped() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for name in ["ann", "ben", "cat"] {
        ids.push(app.register(name).await.expect(201).json()["id"].as_str().unwrap().to_owned());
    }
    let requested = format!("{},{},{},{}", ids[2], Uuid::now_v7(), ids[0], ids[1]);
    let items = app.get(&format!("/users?ids={requested}")).await.expect(200).json()["items"].clone();
    let names: Vec<_> = items.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect();
    assert_eq!(names, ["cat", "ann", "ben"]);
    assert!(!items.to_string().contains("example.org"), "{items}");

    let many = |count: usize| vec![ids[0].as_str(); count].join(",");
    app.get(&format!("/users?ids={}", many(100))).await.expect(200);
    for bad in [many(101), "nonsense".to_owned(), String::new(), format!("{},", ids[0])] {
        let response = app.get(&format!("/users?ids={bad}")).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert!(response.json()["error"]["fields"]["ids"].is_array());
    }
    app.get("/users").await.expect_error(422, "VALIDATION_FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_that_are_looked_up_at_the_same_time_are_each_found_and_never_outdated() {
    let app = TestApp::start().await;
    let (token, ann) = token_and_id(&app, "ann").await;
    let (_, bob) = token_and_id(&app, "bob").await;
    let users = [(ann.clone(), Some("ann")), (bob, Some("bob")), (Uuid::now_v7().to_string(), None)];
    let look_up = async |number: usize| {
        let (id, name) = &users[number % users.len()];
        let response = app.get(&format!("/users/{id}")).await;
        match name {
            Some(name) => assert_eq!(response.expect(200).json()["username"], *name),
            None => response.expect_error(404, "USER_NOT_FOUND"),
        }
    };
    let load = async || join_all((0..120).map(look_up)).await;
    let changes = async {
        for number in 0..30 {
            let name = format!("Ann {number}");
            patch(&app, &token, &json!({ "display_name": name })).await.expect(200);
            let read = app.get(&format!("/users/{ann}")).await.expect(200);
            assert_eq!(read.json()["display_name"], name);
        }
    };
    futures::join!(load(), changes, load());
}

#[tokio::test]
async fn a_profile_by_username_has_the_bio_and_no_email() {
    let app = TestApp::start().await;
    let (token, id) = token_and_id(&app, "ann").await;
    patch(&app, &token, &json!({ "bio": "One\nTwo" })).await.expect(200);
    let body = app.get("/profiles/ANN").await.expect(200).json();
    assert_eq!((&body["id"], &body["bio"]), (&json!(id), &json!("One\nTwo")));
    assert_eq!((&body["follower_count"], &body["followee_count"]), (&json!(0), &json!(0)));
    assert!(!body.to_string().contains("example.org"), "{body}");
    app.get("/profiles/unknown").await.expect_error(404, "USER_NOT_FOUND");
}

/// USER-STORY-003-S2
#[tokio::test]
async fn user_be_003_2_s1_only_the_supplied_fields_are_updated() {
    let app = TestApp::start().await;
    let (token, id) = token_and_id(&app, "ann").await;
    let all = json!({ "display_name": "Ann Smith", "bio": "Hello", "avatar_url": "https://example.org/a.png" });
    let body = patch(&app, &token, &all).await.expect(200).json();
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&body[field], value);
    }
    assert_eq!(
        (&body["id"], &body["username"], &body["email"]),
        (&json!(id), &json!("ann"), &json!("ann@example.org"))
    );

    let body = patch(&app, &token, &json!({ "bio": "Changed" })).await.expect(200).json();
    assert_eq!((&body["display_name"], &body["bio"]), (&json!("Ann Smith"), &json!("Changed")));
    // Null clears a field, and absence keeps it.
    let body = patch(&app, &token, &json!({ "display_name": null })).await.expect(200).json();
    assert_eq!((&body["display_name"], &body["bio"]), (&Value::Null, &json!("Changed")));
    let body = patch(&app, &token, &json!({ "bio": "   " })).await.expect(200).json();
    assert_eq!((&body["bio"], &body["avatar_url"]), (&Value::Null, &json!("https://example.org/a.png")));
    let body = patch(&app, &token, &json!({})).await.expect(200).json();
    assert_eq!(app.me(&token).await.json(), body);
}

#[tokio::test]
async fn an_external_picture_url_is_normalized_as_in_browsers() {
    let app = TestApp::start().await;
    let (token, _) = token_and_id(&app, "ann").await;
    let body = patch(&app, &token, &json!({ "avatar_url": "HTTPS://Example.org:443/A.png" })).await.expect(200).json();
    assert_eq!(body["avatar_url"], "https://example.org/A.png");
}

#[tokio::test]
async fn an_external_picture_url_is_returned_to_services_but_not_loaded_by_pages() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let elsewhere = json!({ "avatar_url": "https://elsewhere.example/who-looks.png" });
    patch(&app, &login.access_token(), &elsewhere).await.expect(200);
    assert_eq!(app.get("/profiles/ann").await.json()["avatar_url"], elsewhere["avatar_url"]);
    for path in ["/profile", "/profile/ann", "/timeline"] {
        let page = app.page(path, &login.session()).await.expect(200);
        assert!(!page.text.contains("<img"), "{path}: {}", page.text);
        let policy = page.header("content-security-policy");
        let images = policy.split("; ").find(|part| part.starts_with("img-src ")).unwrap();
        assert_eq!(images, "img-src 'self' blob: data:", "{path}");
    }
}

#[tokio::test]
async fn a_plain_form_updates_the_profile() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let fields = [("_method", "PATCH"), ("display_name", " Ann "), ("bio", "One\r\nTwo"), ("_next", "/profile")];
    let response = app.submit("/users/me", &fields, &login.session()).await.expect(303);
    assert_eq!(response.header("location"), "/profile");
    let body = app.me(&login.access_token()).await.expect(200).json();
    assert_eq!((&body["display_name"], &body["bio"]), (&json!("Ann"), &json!("One\nTwo")));
}

#[tokio::test]
async fn lengths_are_counted_in_characters_and_invalid_values_change_nothing() {
    let app = TestApp::start().await;
    let (token, _) = token_and_id(&app, "ann").await;
    let longest = json!({ "display_name": "ä".repeat(100), "bio": "😀".repeat(300) });
    patch(&app, &token, &longest).await.expect(200);
    for (field, value) in [
        ("display_name", json!("ä".repeat(101))),
        ("bio", json!("😀".repeat(301))),
        ("display_name", json!("a\u{202e}b")),
        ("bio", json!("a\u{0000}b")),
        ("avatar_url", json!("javascript:alert(1)")),
        ("avatar_url", json!("/avatars/01a20ae4-bd10-73c4-8285-a59f16acd16d/x/512.jpg")),
        ("avatar_url", json!("http://example.org/a.png")),
        ("avatar_url", json!("https://[::1/a.png")),
        ("avatar_url", json!("https://x:99999/")),
        ("display_name", json!(7)),
        ("bio", json!(["a"])),
    ] {
        let response = patch(&app, &token, &json!({ "bio": "changed", "display_name": "changed", field: value })).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert!(response.json()["error"]["fields"][field].is_array(), "{field}: {}", response.text);
    }
    let body = app.me(&token).await.json();
    assert_eq!((&body["display_name"], &body["bio"]), (&longest["display_name"], &longest["bio"]));
}

#[tokio::test]
async fn read_only_privileged_and_unknown_fields_change_nothing() {
    let app = TestApp::start().await;
    let (token, _) = token_and_id(&app, "ann").await;
    let before = app.me(&token).await.json();
    let body = json!({
        "id": Uuid::now_v7(), "username": "eve", "email": "eve@example.org", "roles": ["admin"],
        "email_verified": false, "password_hash": "x", "created_at": "2000-01-01T00:00:00Z",
        "follower_count": 1_000_000, "nonsense": {},
    });
    assert_eq!(patch(&app, &token, &body).await.expect(200).json(), before);
    let roles: Vec<String> = sqlx::query_scalar("SELECT roles FROM users.users").fetch_one(&app.pool).await.unwrap();
    assert_eq!(roles, ["user"]);
}

#[tokio::test]
async fn an_update_requires_a_token_or_a_session() {
    let app = TestApp::start().await;
    let response = TestResponse::of(app.request(Method::PATCH, "/users/me").json(&json!({ "bio": "x" }))).await;
    response.expect_error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn reads_support_conditional_requests() {
    let app = TestApp::start().await;
    let (token, id) = token_and_id(&app, "ann").await;
    for path in ["/users/me".to_owned(), format!("/users/{id}"), format!("/users?ids={id}"), "/profiles/ann".to_owned()]
    {
        let get = |tag: &str| {
            let request = app.request(Method::GET, &path).bearer_auth(&token).header("if-none-match", tag);
            TestResponse::of(request)
        };
        let first = get("\"something else\"").await.expect(200);
        let tag = first.header("etag").to_owned();
        assert!(tag.len() > 10, "{path}");
        let again = get(&format!("\"x\", W/{tag}")).await.expect(304);
        assert_eq!((again.text.as_str(), again.header("etag")), ("", tag.as_str()), "{path}");
        assert!(!again.header("x-request-id").is_empty());
        patch(&app, &token, &json!({ "display_name": format!("new for {path}") })).await.expect(200);
        assert_ne!(get(&tag).await.expect(200).header("etag"), tag, "{path}");
    }
}

#[tokio::test]
async fn a_stale_update_is_rejected_with_412_unless_only_the_counts_changed() {
    let app = TestApp::start().await;
    let (token, id) = token_and_id(&app, "ann").await;
    let (_, ben) = token_and_id(&app, "ben").await;
    let change = |tag: &str, bio: &str| {
        let request = app.request(Method::PATCH, "/users/me").bearer_auth(&token).header("if-match", tag);
        TestResponse::of(request.json(&json!({ "bio": bio })))
    };
    let tag = app.me(&token).await.header("etag").to_owned();
    let response = change(&tag, "first").await.expect(200);
    assert_eq!(response.header("etag"), app.me(&token).await.header("etag"));
    change(&tag, "second").await.expect_error(412, "PRECONDITION_FAILED");
    assert_eq!(app.me(&token).await.json()["bio"], "first");

    let tag = app.me(&token).await.header("etag").to_owned();
    sqlx::query("INSERT INTO users.follows (follower_id, followee_id) VALUES ($1::uuid, $2::uuid)")
        .bind(&ben)
        .bind(&id)
        .execute(&app.pool)
        .await
        .unwrap();
    app.settle_follows().await;
    assert_ne!(app.me(&token).await.header("etag"), tag);
    change(&format!("\"other\", {tag}"), "third").await.expect(200);
    change("*", "fourth").await.expect(200);
    assert_eq!(app.me(&token).await.json()["bio"], "fourth");
}

#[tokio::test]
async fn user_infra_003_2_s1_the_profile_columns_match_the_story() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let columns: Vec<(String, String, Option<i32>)> = sqlx::query_as(
        "SELECT column_name::text, data_type::text, character_maximum_length::int FROM information_schema.columns
         WHERE table_schema = 'users' AND table_name = 'users' AND column_name IN ('display_name', 'bio', 'avatar_url')
         ORDER BY 1",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let expected = [
        ("avatar_url", "text", None),
        ("bio", "character varying", Some(300)),
        ("display_name", "character varying", Some(100)),
    ];
    assert_eq!(columns, expected.map(|(name, kind, length)| (name.to_owned(), kind.to_owned(), length)));
    let empty: bool =
        sqlx::query_scalar("SELECT display_name IS NULL AND bio IS NULL AND avatar_url IS NULL FROM users.users")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert!(empty);
}

#[tokio::test]
async fn a_profile_has_its_relationship_to_the_caller() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let viewer = async |caller: &TestUser| caller.get(&app, "/profiles/ben").await.expect(200).json()["viewer"].clone();
    let relation = |following, followed_by| {
        json!({ "following": following, "followed_by": followed_by, "requested": false, "blocking": false,
                "muting": false })
    };
    assert_eq!(viewer(&ann).await, relation(false, false));
    ann.follow(&app, &ben.id).await.expect(201);
    assert_eq!(viewer(&ann).await, relation(true, false));
    ben.follow(&app, &ann.id).await.expect(201);
    ann.unfollow(&app, &ben.id).await.expect(204);
    assert_eq!(viewer(&ann).await, relation(false, true));
    assert_eq!(viewer(&ben).await, relation(false, false));
    // Services and visitors get no relationship.
    assert_eq!(viewer(&TestUser::service(&app)).await, Value::Null);
    let body = app.get("/profiles/ben").await.expect(200).json();
    assert!(body.get("viewer").is_none(), "{body}");
}

#[tokio::test]
async fn an_invalid_token_is_never_treated_as_a_visitor() {
    let app = TestApp::start().await;
    let session = app.signed_in("ann").await.session();
    for value in ["Bearer nonsense", "Bearer ", "Bearer", ""] {
        let request = app.request(Method::GET, "/profiles/ann").header("authorization", value);
        TestResponse::of(request.header("cookie", &session)).await.expect_error(401, "UNAUTHENTICATED");
    }
    // A caller with a revoked session is a visitor.
    sqlx::query("UPDATE users.sign_ins SET revoked_at = now()").execute(&app.pool).await.unwrap();
    let ended =
        TestResponse::of(app.request(Method::GET, "/profiles/ann").header("cookie", &session)).await.expect(200);
    assert!(ended.json().get("viewer").is_none(), "{}", ended.text);
}

#[tokio::test]
async fn the_etag_of_a_profile_is_valid_only_for_its_caller() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    ann.follow(&app, &ben.id).await.expect(201);
    let get = async |token: Option<&str>, tag: &str| {
        let request = app.request(Method::GET, "/profiles/ben").header("if-none-match", tag);
        TestResponse::of(if let Some(token) = token { request.bearer_auth(token) } else { request }).await
    };
    let known = get(Some(&ann.token), "\"x\"").await.expect(200);
    // No cache stores the response, and each caller gets a different ETag.
    assert_eq!(known.header("cache-control"), "no-store");
    let tag = known.header("etag").to_owned();
    get(Some(&ann.token), &tag).await.expect(304);
    get(None, &tag).await.expect(200);
    get(Some(&ben.token), &tag).await.expect(200);
    ann.unfollow(&app, &ben.id).await.expect(204);
    get(Some(&ann.token), &tag).await.expect(200);
}

#[tokio::test]
async fn blank_names_and_bios_become_null_and_others_are_trimmed() {
    let app = TestApp::start().await;
    let (token, _) = token_and_id(&app, "ann").await;
    let stored = async |text: &str| {
        let response = patch(&app, &token, &json!({ "display_name": text, "bio": text })).await.expect(200).json();
        (response["display_name"].clone(), response["bio"].clone())
    };
    let blanks = [
        " ",
        "\u{a0}",
        "\u{ad}",
        "\u{61c}",
        "\u{115f}",
        "\u{180e}",
        "\u{200b}",
        "\u{200d}",
        "\u{2060}",
        "\u{2800}",
        "\u{3000}",
        "\u{3164}",
        "\u{fe0f}",
        "\u{feff}",
        "\u{ffa0}",
        "\u{e0041}",
        "\u{e0100}",
        "\u{200b}\t\u{2028}\u{feff}",
    ];
    for blank in blanks {
        stored("Ann").await;
        assert_eq!(stored(blank).await, (Value::Null, Value::Null), "{blank:?}");
        let name = json!("Ann Smith");
        assert_eq!(stored(&format!("{blank}Ann Smith{blank}")).await, (name.clone(), name), "{blank:?}");
    }
    for text in ["Ann ❤\u{fe0f}", "👩\u{200d}🚀", "می\u{200c}خواهم", "שלום"] {
        assert_eq!(stored(text).await, (json!(text), json!(text)));
    }
    // A form behaves the same.
    let login = app.login("ann").await.expect(200);
    let fields = [("_method", "PATCH"), ("display_name", "\u{200b}\u{3164}"), ("_back", "/profile")];
    app.submit("/users/me", &fields, &login.session()).await.expect(303);
    assert_eq!(app.me(&token).await.expect(200).json()["display_name"], Value::Null);
}

#[tokio::test]
async fn pasted_white_space_is_normalized_and_not_rejected() {
    let app = TestApp::start().await;
    let (token, _) = token_and_id(&app, "ann").await;
    for end in ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
        let text = format!("{end}Ann\tof{end}Kith{end}\t");
        let stored = patch(&app, &token, &json!({ "display_name": text, "bio": text })).await.expect(200).json();
        assert_eq!(
            (&stored["display_name"], &stored["bio"]),
            (&json!("Ann of Kith"), &json!("Ann of\nKith")),
            "{end:?}"
        );
    }
    for bad in ["a\u{1b}[31mb", "a\u{202e}b", "a\u{2066}b"] {
        let response = patch(&app, &token, &json!({ "display_name": bad })).await;
        response.expect_error(422, "VALIDATION_FAILED");
    }
}
