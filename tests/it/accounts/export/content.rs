//! What `GET /users/me/export` and its CSV files contain.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{JSON, LISTS, csv, records};
use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user, usernames};

/// Panics unless the fields are exactly those that the schema requires.
#[track_caller]
fn expect_schema(value: &Value, schema: &Value, what: &str) {
    let keys: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let required: BTreeSet<&str> =
        schema["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    let declared: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((&keys, &keys), (&required, &declared), "{what}");
}

/// Follows the reference of a schema.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => document.pointer(path.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

#[tokio::test]
async fn the_document_is_complete_and_contains_no_secrets_and_no_address_of_another_person() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let token = login.access_token();
    let id = app.me(&token).await.expect(200).json()["id"].as_str().unwrap().to_owned();
    let ann = TestUser { id, token };
    let (ben, cat) = (test_user(&app, "ben").await, test_user(&app, "cat").await);
    ann.follow(&app, &ben.id).await.expect(201);
    ann.follow(&app, &cat.id).await.expect(201);
    cat.follow(&app, &ann.id).await.expect(201);
    for (method, path, body) in [
        (Method::PATCH, "/users/me", json!({ "display_name": "Ann \"B\"", "bio": "Likes rivers" })),
        (Method::PUT, "/users/me/username", json!({ "username": "anna" })),
        (Method::POST, "/users/me/email", json!({ "email": "anna@example.net" })),
    ] {
        let response = TestResponse::of(app.request(method, path).bearer_auth(&ann.token).json(&body)).await;
        assert!(response.status < 300, "{path}: {}", response.text);
    }
    app.post("/auth/login", json!({ "email": "ann@example.org", "password": "mistaken pass" })).await.expect(401);

    let response = ann.get(&app, JSON).await.expect(200);
    assert_eq!(response.header("content-type"), "application/json");
    assert_eq!(response.header("content-disposition"), r#"attachment; filename="kith-export.json""#);
    assert_eq!(response.header("cache-control"), "no-store");
    assert_eq!(response.header("content-length"), "", "it is streamed");
    let body = response.json();
    let document: Value = serde_json::from_str(kith::server::http::endpoints::openapi::OPENAPI).unwrap();
    let schema = &document["paths"][JSON]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    let schema = resolve(&document, schema);
    expect_schema(&body, schema, "the document");
    let part = |name: &str| resolve(&document, &schema["properties"][name]);
    for name in ["account", "profile"] {
        expect_schema(&body[name], part(name), name);
    }
    for name in ["former_usernames", "sessions", "security_log", "follows", "followers"] {
        let item = resolve(&document, &part(name)["items"]);
        expect_schema(&body[name][0], item, name);
    }

    // Times have the format of all responses.
    assert!(!response.text.contains("+00:00"), "{}", response.text);
    let account = &body["account"];
    assert_eq!(account["created_at"].as_str().unwrap().len(), "2026-03-31T23:59:59.123456Z".len());
    assert_eq!(
        [&account["id"], &account["email"], &account["username"], &account["pending_email"]],
        [&ann.id, "ann@example.org", "anna", "anna@example.net"]
    );
    assert_eq!((&account["email_verified"], &account["roles"]), (&json!(true), &json!(["user"])));
    assert_eq!(account["language"], "en");
    let profile = &body["profile"];
    assert_eq!([&profile["display_name"], &profile["bio"]], ["Ann \"B\"", "Likes rivers"]);
    assert_eq!(usernames(&body["former_usernames"]), ["ann"]);
    assert_eq!(body["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(body["sessions"][0]["ip"], "127.0.0.1");
    let log = body["security_log"].as_array().unwrap();
    let actions: Vec<_> = log.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["username.changed", "email.change_requested", "account.exported"]);
    assert_eq!((usernames(&body["follows"]), usernames(&body["followers"])), (vec!["cat", "ben"], vec!["cat"]));
    assert_eq!((&body["blocks"], &body["mutes"]), (&json!([]), &json!([])));
    let since: String = sqlx::query_scalar(
        r#"SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') FROM users.follows
           WHERE follower_id = $1::text::uuid AND followee_id = $2::text::uuid"#,
    )
    .bind(&ann.id)
    .bind(&ben.id)
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert!(body["follows"][1]["since"].as_str().unwrap().starts_with(&since), "{since}: {}", body["follows"][1]);

    let secrets: Vec<String> = sqlx::query_scalar(
        "SELECT password_hash FROM users.users
         UNION ALL SELECT encode(token_hash, 'hex') FROM users.refresh_tokens
         UNION ALL SELECT translate(encode(token_hash, 'base64'), '+/=', '-_') FROM users.refresh_tokens
         UNION ALL SELECT encode(token_hash, 'hex') FROM users.one_time_tokens",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    for secret in secrets.iter().map(String::as_str).chain([login.refresh_token().as_str(), &ann.token]) {
        assert!(!response.text.contains(secret), "{secret}: {}", response.text);
    }
    assert_eq!(response.text.matches("@example.org").count(), 1, "{}", response.text);
}

#[tokio::test]
async fn csv_files_have_one_header_row_and_list_the_newest_first() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let (ben, cat, dan) = (test_user(&app, "ben").await, test_user(&app, "cat").await, test_user(&app, "dan").await);
    for (follower, followee) in [(&ann, &cat), (&ann, &ben), (&dan, &ann), (&ben, &ann), (&ben, &dan)] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    app.run("UPDATE users.users SET display_name = 'Ben, \"the\" Río' WHERE username = 'ben'").await;
    let document = ann.get(&app, JSON).await.expect(200).json();
    for list in LISTS {
        let response = csv(&app, &ann, list).await.expect(200);
        assert_eq!(response.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(response.header("content-disposition"), format!(r#"attachment; filename="{list}.csv""#));
        assert_eq!(response.header("cache-control"), "no-store");
        assert!(response.text.starts_with("id,username,display_name,since\r\n"), "{}", response.text);
        assert!(!response.text.contains("example.org"), "{}", response.text);
        let items = document[list].as_array().unwrap();
        let expected: Vec<Vec<String>> = items
            .iter()
            .map(|item| {
                let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
                ["id", "username", "display_name", "since"].map(text).to_vec()
            })
            .collect();
        assert_eq!(records(&response)[1..], expected, "{list}");
    }
    let names = |response: &TestResponse| records(response)[1..].iter().map(|row| row[1].clone()).collect::<Vec<_>>();
    assert_eq!(names(&csv(&app, &ann, "follows").await), ["ben", "cat"]);
    let followers = csv(&app, &ann, "followers").await;
    assert_eq!(names(&followers), ["ben", "dan"]);
    assert_eq!(records(&followers)[1][2], "Ben, \"the\" Río");
}

#[tokio::test]
async fn a_display_name_that_a_spreadsheet_would_run_is_marked_as_text() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for (name, display_name) in
        [("ben", "=1+1"), ("cat", "+1"), ("dan", "-1"), ("eve", "@SUM(A1)"), ("fay", "a=1"), ("gil", "'=1")]
    {
        let user = test_user(&app, name).await;
        let patch = app.request(Method::PATCH, "/users/me").bearer_auth(&user.token);
        TestResponse::of(patch.json(&json!({ "display_name": display_name }))).await.expect(200);
        ann.follow(&app, &user.id).await.expect(201);
    }
    let response = csv(&app, &ann, "follows").await.expect(200);
    let cells: Vec<String> = records(&response)[1..].iter().map(|row| row[2].clone()).collect();
    assert_eq!(cells, ["'=1", "a=1", "'@SUM(A1)", "'-1", "'+1", "'=1+1"]);
    // JSON is not opened by a spreadsheet.
    let document = ann.get(&app, JSON).await.expect(200).json();
    assert_eq!(document["follows"][5]["display_name"], "=1+1");
}

#[tokio::test]
async fn every_one_of_thousands_of_followers_appears_exactly_once() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for (first, count, equal_times) in [(1, 2_500, true), (2_501, 3_000, false)] {
        app.run(&format!(
            "INSERT INTO users.users (id, email, username, password_hash)
             SELECT gen_random_uuid(), 'f' || n || '@example.org', 'f' || n, 'x' FROM generate_series({first}, {count}) n;
             DELETE FROM users.follows;
             INSERT INTO users.follows (follower_id, followee_id, created_at)
             SELECT id, '{}', now() - make_interval(secs => CASE WHEN {equal_times} THEN 0 ELSE
                                                            substr(username, 2)::int END)
             FROM users.users WHERE username ~ '^f[0-9]'",
            ann.id
        ))
        .await;
        app.settle_follows().await;
        let expected: Vec<String> = sqlx::query_scalar(
            "SELECT u.username FROM users.follows f JOIN users.users u ON u.id = f.follower_id
             ORDER BY f.created_at DESC, u.id DESC",
        )
        .fetch_all(&app.pool)
        .await
        .unwrap();
        assert_eq!(expected.len(), count);
        let body = ann.get(&app, JSON).await.expect(200).json();
        assert!(usernames(&body["followers"]) == expected, "{count} in JSON");
        let rows = records(&csv(&app, &ann, "followers").await.expect(200));
        assert_eq!(rows.iter().filter(|row| row[0] == "id").count(), 1);
        assert!(rows[1..].iter().map(|row| &row[1]).eq(&expected), "{count} in CSV");
    }
}

#[tokio::test]
async fn hidden_users_are_left_out() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    ben.follow(&app, &ann.id).await.expect(201);
    ann.follow(&app, &ben.id).await.expect(201);
    ben.send(&app, Method::POST, "/users/me/deletion").await.expect(202);
    let body = ann.get(&app, JSON).await.expect(200).json();
    assert_eq!((&body["follows"], &body["followers"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn every_one_of_thousands_of_sessions_and_log_entries_appears_exactly_once() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for statement in [
        "INSERT INTO users.sign_ins (id, user_id, revoked_at)
         SELECT gen_random_uuid(), $1, now() FROM generate_series(1, 2500)",
        "INSERT INTO users.audit_log (id, actor, action, target, occurred_at)
         SELECT gen_random_uuid(), 'user', 'password.changed', $1, now() - make_interval(secs => n / 700)
         FROM generate_series(1, 2500) n",
    ] {
        let id: uuid::Uuid = ann.id.parse().unwrap();
        sqlx::query(statement).bind(id).execute(&app.pool).await.unwrap();
    }
    let body = ann.get(&app, JSON).await.expect(200).json();
    let sessions: BTreeSet<&str> =
        body["sessions"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!((sessions.len(), body["sessions"].as_array().unwrap().len()), (2501, 2501));
    let entries = body["security_log"].as_array().unwrap();
    // The download itself is the last one.
    assert_eq!(entries.len(), 2501);
    assert!(entries.is_sorted_by_key(|entry| entry["at"].as_str().unwrap()), "in the order of time");
    assert_eq!(entries[2500]["action"], "account.exported");
}
