//! `GET /users/me/export` and its CSV files.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user, usernames};

const JSON: &str = "/users/me/export";
const LISTS: [&str; 4] = ["follows", "followers", "blocks", "mutes"];

async fn csv(app: &TestApp, user: &TestUser, list: &str) -> TestResponse {
    user.get(app, &format!("{JSON}/{list}.csv")).await
}

/// The records of a CSV file, the header row included.
fn records(response: &TestResponse) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(response.text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(ToOwned::to_owned).collect()).collect()
}

/// Makes the proof of all sessions too old.
async fn age_proofs(app: &TestApp) {
    app.run("UPDATE users.sign_ins SET authenticated_at = now() - interval '601 seconds'").await;
}

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

    let account = &body["account"];
    assert_eq!(
        [&account["id"], &account["email"], &account["username"], &account["pending_email"]],
        [&ann.id, "ann@example.org", "anna", "anna@example.net"]
    );
    assert_eq!((&account["email_verified"], &account["roles"]), (&json!(true), &json!(["user"])));
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
    for (count, equal_times) in [(2_500, true), (3_000, false)] {
        app.run(&format!(
            "INSERT INTO users.users (id, email, username, password_hash)
             SELECT gen_random_uuid(), 'f' || n || '@example.org', 'f' || n, 'x' FROM generate_series(1, {count}) n
             ON CONFLICT DO NOTHING;
             DELETE FROM users.follows;
             INSERT INTO users.follows (follower_id, followee_id, created_at)
             SELECT id, '{}', now() - make_interval(secs => CASE WHEN {equal_times} THEN 0 ELSE
                                                            substr(username, 2)::int END)
             FROM users.users WHERE username ~ '^f[0-9]'",
            ann.id
        ))
        .await;
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
async fn an_old_proof_is_not_enough() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    age_proofs(&app).await;
    let token = app.refresh(&login.refresh_token()).await.expect(200).access_token();
    let ann = TestUser { id: String::new(), token };
    for path in [JSON.to_owned(), format!("{JSON}/follows.csv"), format!("{JSON}/mutes.csv")] {
        let refused = ann.get(&app, &path).await;
        refused.expect_error(403, "REAUTHENTICATION_REQUIRED");
        let expected = r#"Bearer error="insufficient_user_authentication", max_age="600""#;
        assert_eq!(refused.header("www-authenticate"), expected);
        // In a browser, the page that asks for the password leads back to the links.
        let page = app.page(&path, &login.session()).await.expect(303);
        assert_eq!(page.header("location"), "/reauthenticate?next=%2Fsettings%23your-data");
        assert!(!page.text.contains("ann@example.org"));
    }
    assert_eq!(app.count("audit_log").await, 0);
}

#[tokio::test]
async fn a_browser_downloads_with_the_page_session() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let response = app.page(JSON, &login.session()).await.expect(200);
    assert_eq!(response.header("content-disposition"), r#"attachment; filename="kith-export.json""#);
    assert_eq!(response.json()["account"]["username"], "ann");
    let response = app.page(&format!("{JSON}/follows.csv"), &login.session()).await.expect(200);
    assert_eq!(response.text, "id,username,display_name,since\r\n");
}

#[tokio::test]
async fn visitors_services_and_ended_sessions_get_nothing() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for path in [JSON.to_owned(), format!("{JSON}/followers.csv")] {
        app.get(&path).await.expect_error(401, "UNAUTHENTICATED");
        let page = app.page(&path, "").await.expect(303);
        assert_eq!(page.header("location"), "/auth/resume?next=%2Fsettings%23your-data");
        let resumed = app.page(page.header("location"), "").await.expect(303);
        assert_eq!(resumed.header("location"), "/login?next=%2Fsettings%23your-data");
        TestUser::service(&app).get(&app, &path).await.expect_error(403, "FORBIDDEN");
    }
    app.run("UPDATE users.sign_ins SET revoked_at = now()").await;
    ann.get(&app, JSON).await.expect_error(401, "UNAUTHENTICATED");
    assert_eq!(app.count("audit_log").await, 0);
}

#[tokio::test]
async fn an_unknown_list_is_not_found() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for list in ["friends.csv", "follows", "follows.json", "Follows.csv", "follows.csv%2F..", "follows.csv/x", ".csv"] {
        ann.get(&app, &format!("{JSON}/{list}")).await.expect_error(404, "NOT_FOUND");
    }
    TestResponse::of(app.request(Method::POST, JSON)).await.expect_error(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn each_download_is_limited_to_three_a_day() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let (ann, ben) = (TestUser { id: String::new(), token: login.access_token() }, test_user(&app, "ben").await);
    for _ in 0..3 {
        ann.get(&app, JSON).await.expect(200);
    }
    let limited = ann.get(&app, JSON).await;
    limited.expect_error(429, "RATE_LIMITED");
    let seconds: u32 = limited.header("retry-after").parse().unwrap();
    assert!((86_300..=86_400).contains(&seconds), "{seconds}");
    // A person who follows the link sees why on the page with the link.
    let rejected = app.page(JSON, &login.session()).await.expect(303);
    assert_eq!(rejected.header("location"), "/settings#your-data");
    let cookies = format!("{}; {}", login.session(), rejected.session());
    let page = app.page("/settings", &cookies).await.expect(200).text;
    assert!(page.contains(r#"role="alert""#) && page.contains("Try again in 24 hours"), "{page}");
    assert_eq!(app.count("audit_log").await, 3);
    for list in LISTS {
        csv(&app, &ann, list).await.expect(200);
    }
    ben.get(&app, JSON).await.expect(200);
    app.run("UPDATE users.rate_limits SET full_at = full_at - interval '1 day 1 second'").await;
    ann.get(&app, JSON).await.expect(200);
    ann.get(&app, JSON).await.expect_error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn another_site_cannot_use_up_the_downloads_of_a_visitor() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let download = async |site: &str| {
        let request = app.request(Method::GET, JSON).header("cookie", login.session());
        TestResponse::of(request.header("sec-fetch-site", site)).await
    };
    for _ in 0..3 {
        download("cross-site").await.expect_error(403, "FORBIDDEN");
        download("same-site").await.expect_error(403, "FORBIDDEN");
    }
    assert_eq!(app.count("audit_log").await, 0);
    for site in ["same-origin", "none", "same-origin"] {
        download(site).await.expect(200);
    }
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

#[tokio::test]
async fn no_parameter_selects_the_data_of_another_person() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    cat.follow(&app, &ben.id).await.expect(201);
    for parameter in ["id", "user", "user_id", "username", "sub", "me"] {
        for value in [ben.id.as_str(), "ben"] {
            let body = ann.get(&app, &format!("{JSON}?{parameter}={value}")).await.expect(200).json();
            assert_eq!((&body["account"]["id"], &body["followers"]), (&json!(ann.id), &json!([])), "{parameter}");
            let path = format!("{JSON}/followers.csv?{parameter}={value}");
            assert_eq!(ann.get(&app, &path).await.expect(200).text, "id,username,display_name,since\r\n");
        }
    }
    for path in [format!("/users/{}/export", ben.id), format!("/users/{}/export/followers.csv", ben.id)] {
        ann.get(&app, &path).await.expect_error(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_conditional_request_gets_the_whole_document() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let first = ann.get(&app, JSON).await.expect(200);
    assert_eq!((first.header("etag"), first.header("last-modified")), ("", ""));
    let request = app.request(Method::GET, JSON).bearer_auth(&ann.token);
    let request = request.header("if-none-match", r#""x""#).header("range", "bytes=0-9");
    let second = TestResponse::of(request).await.expect(200);
    assert_eq!(second.json()["account"], first.json()["account"]);
}

#[tokio::test]
async fn a_head_request_shows_the_headers_and_is_not_a_download() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for _ in 0..4 {
        for (path, content_type) in
            [(JSON.to_owned(), "application/json"), (format!("{JSON}/mutes.csv"), "text/csv; charset=utf-8")]
        {
            let response = ann.send(&app, Method::HEAD, &path).await.expect(200);
            assert_eq!((response.header("content-type"), response.text.as_str()), (content_type, ""));
        }
    }
    assert_eq!(app.count("audit_log").await, 0, "nothing was exported");
    ann.get(&app, JSON).await.expect(200);
}
