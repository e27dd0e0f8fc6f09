//! `POST /auth/forgot-password`: asking for a link that resets the password.

use std::time::Duration;

use futures::future::join_all;
use kith::domain::mail::{Mails, link};
use kith::domain::sign_in::one_time_token::{self, Purpose, consume};
use kith::email::compose::Compose as _;
use kith::email::outbox::{Waiting, claim};
use reqwest::Method;
use serde_json::json;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::database::{blocked, settle_claims};
use crate::support::log::Log;
use crate::support::outbox::{Outbox, wait_until};
use crate::support::response::TestResponse;

/// The page that the link opens.
const PAGE: &str = "/reset-password";
const NEW_PASSWORD: &str = "a quiet river runs";

/// Takes client addresses from `X-Forwarded-For`, as behind nginx.
const BEHIND_PROXY: &[(&str, &str)] = &[("TRUSTED_PROXIES", "127.0.0.0/8")];

/// Starts the service with Ann's verified account.
async fn app_with_ann() -> TestApp {
    let app = TestApp::start().await;
    app.signed_in("ann").await;
    app
}

async fn ask(app: &TestApp, email: &str) -> TestResponse {
    app.post("/auth/forgot-password", json!({ "email": email })).await
}

/// Asks from the address `from`.
async fn ask_from(app: &TestApp, from: &str, email: &str) -> TestResponse {
    let request = app.request(Method::POST, "/auth/forgot-password").header("x-forwarded-for", from);
    TestResponse::of(request.json(&json!({ "email": email }))).await
}

/// Sends requests, ten at a time, each from an address and for one. All get the same response.
async fn ask_all(app: &TestApp, requests: impl Iterator<Item = (String, String)>) {
    let requests: Vec<_> = requests.collect();
    for batch in requests.chunks(10) {
        for response in join_all(batch.iter().map(|(from, email)| ask_from(app, from, email))).await {
            assert_eq!((response.status, response.text.as_str()), (202, ""));
        }
    }
}

async fn reset(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/reset-password", json!({ "token": token, "password": NEW_PASSWORD })).await
}

/// The number of links mailed to `address` so far.
async fn link_count(app: &TestApp, address: &str) -> usize {
    app.mailbox.tokens(address, PAGE, 0).await.len()
}

#[tokio::test]
async fn every_address_gets_the_same_response_and_only_accounts_that_can_be_reset_get_a_link() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    for name in ["known", "suspended", "late"] {
        app.signed_in(name).await;
    }
    app.register("unverified").await.expect(201);
    let leaving = app.signed_in("leaving").await.access_token();
    let deletion = app.request(Method::POST, "/users/me/deletion").bearer_auth(leaving).json(&json!({}));
    TestResponse::of(deletion).await.expect(202);
    let suspension = "UPDATE users.users SET suspended_at = now() WHERE username = 'suspended'";
    sqlx::query(suspension).execute(&app.pool).await.unwrap();

    let mut emails = ["unknown", "known", "unverified", "suspended", "leaving"].map(str::to_owned).to_vec();
    // 15 more use up the budget of the client.
    emails.extend((0..15).map(|n| format!("unknown{n}")));
    // These are over the limit.
    emails.extend(["unknown", "late", "known"].map(str::to_owned));
    let mut seen = Vec::new();
    for name in emails {
        let response = ask_from(&app, "203.0.113.1", &format!("{name}@example.org")).await;
        let headers = response.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
        let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), value.clone())).collect();
        headers.sort_by(|(one, _), (other, _)| one.cmp(other));
        assert!(!response.header("x-request-id").is_empty());
        seen.push((response.status, headers, response.text));
    }
    assert_eq!((seen[0].0, seen[0].2.as_str()), (202, ""));
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");

    app.wait_until_all_sent().await;
    for (name, expected) in
        [("unknown", 0), ("known", 1), ("unverified", 1), ("suspended", 0), ("leaving", 1), ("late", 0)]
    {
        assert_eq!(link_count(&app, &format!("{name}@example.org")).await, expected, "{name}");
    }
    // The limit was that of the client.
    ask_from(&app, "203.0.113.2", "late@example.org").await.expect(202);
    app.mailbox.token("late@example.org", PAGE).await;
}

#[tokio::test]
async fn a_malformed_address_is_rejected() {
    let app = TestApp::start().await;
    for body in [json!({ "email": "not an address" }), json!({ "email": "" }), json!({ "email": "ann@" }), json!({})] {
        let response = app.post("/auth/forgot-password", body).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert!(response.json()["error"]["fields"]["email"].is_array(), "{}", response.text);
    }
}

#[tokio::test]
async fn an_address_gets_three_mails_an_hour_and_a_suppressed_request_leaves_the_last_link_valid() {
    let app = app_with_ann().await;
    for count in 1..=3 {
        // Case and white space make no other address.
        ask(&app, [" Ann@Example.ORG ", "ann@example.org"][count % 2]).await.expect(202);
        app.mailbox.tokens("ann@example.org", PAGE, count).await;
    }
    ask(&app, "ann@example.org").await.expect(202);
    app.wait_until_all_sent().await;
    let sent = app.mailbox.tokens("ann@example.org", PAGE, 3).await;
    assert_eq!(sent.len(), 3);

    let hour = "UPDATE users.rate_buckets SET full_at = full_at - 3540";
    sqlx::query(hour).execute(&app.pool).await.unwrap();
    ask(&app, "ann@example.org").await.expect(202);
    app.wait_until_all_sent().await;
    assert_eq!(link_count(&app, "ann@example.org").await, 3, "within the hour");
    reset(&app, &sent[2]).await.expect(204);

    sqlx::query(hour).execute(&app.pool).await.unwrap();
    ask(&app, "ann@example.org").await.expect(202);
    app.mailbox.tokens("ann@example.org", PAGE, 4).await;
}

#[tokio::test]
async fn a_second_request_makes_the_first_link_useless() {
    let app = app_with_ann().await;
    ask(&app, "ann@example.org").await.expect(202);
    let first = app.mailbox.token("ann@example.org", PAGE).await;
    ask(&app, "ann@example.org").await.expect(202);
    let second = app.mailbox.tokens("ann@example.org", PAGE, 2).await.remove(1);
    assert_ne!(first, second);
    reset(&app, &first).await.expect_error(422, "INVALID_RESET_TOKEN");
    reset(&app, &second).await.expect(204);
}

#[tokio::test]
async fn a_mail_that_is_being_composed_while_a_newer_one_is_requested_contains_no_valid_link() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    outbox.execute("DELETE FROM users.email_outbox").await;
    outbox.enqueue(link::RESET_PASSWORD.request_for(ann, 60)).await;
    let kinds = [link::RESET_PASSWORD.kind];
    let claims =
        claim(&outbox.pool.clone().into(), &kinds, 1, Waiting::default(), Duration::from_mins(1)).await.unwrap();
    let public_url = "https://kith.example".parse().unwrap();
    let mails = Mails { pool: outbox.pool.clone().into(), from: "Kith <no-reply@kith.example>".to_owned(), public_url };

    // The newer request has ended the older links, but is not committed yet.
    let mut newer = outbox.pool.begin().await.unwrap();
    let lock = "SELECT id FROM users.users WHERE id = $1 FOR NO KEY UPDATE";
    sqlx::query_scalar::<_, Uuid>(lock).bind(ann).fetch_one(&mut *newer).await.unwrap();
    one_time_token::end(&mut newer, ann, Purpose::ResetPassword, link::RESET_PASSWORD.kind).await.unwrap();
    let claimed = claims[0].clone();
    let composing = tokio::spawn(async move { mails.compose(&claimed).await });
    let observer = PgPoolOptions::new().connect_lazy_with((*outbox.pool.connect_options()).clone());
    wait_until("the mail is composed or waits for the request", async || {
        composing.is_finished() || blocked(&observer).await > 0
    })
    .await;
    newer.commit().await.unwrap();

    if let Some(mail) = composing.await.unwrap().unwrap() {
        let (_, token) = mail.text.split_once("/reset-password?token=").unwrap();
        let token = token.split_whitespace().next().unwrap();
        let mut connection = outbox.pool.acquire().await.unwrap();
        let presented = consume(&mut connection, Purpose::ResetPassword, token).await.unwrap();
        assert_eq!(presented, None, "the older link works after the newer request");
    }
}

#[tokio::test]
async fn headers_of_the_request_never_change_the_host_of_the_link() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    let evil = "evil.example";
    let attacks: [&[(&str, &str)]; 7] = [
        &[("host", evil)],
        &[("x-forwarded-host", evil), ("x-forwarded-proto", "https"), ("x-forwarded-port", "444")],
        &[("forwarded", "for=203.0.113.1;host=evil.example;proto=https")],
        &[("x-host", evil), ("x-forwarded-server", evil), ("x-original-url", "https://evil.example/"), ("via", evil)],
        &[("host", evil), ("origin", "http://evil.example"), ("referer", "http://evil.example/")],
        &[("host", evil), ("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("host", "localhost@evil.example:80"), ("x-forwarded-prefix", "//evil.example")],
    ];
    for (number, headers) in attacks.into_iter().enumerate() {
        let name = format!("user{number}");
        app.signed_in(&name).await;
        let address = format!("{name}@example.org");
        let mut request = app.request(Method::POST, "/auth/forgot-password").json(&json!({ "email": address }));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = TestResponse::of(request).await;
        if response.status != 202 {
            assert!(matches!(response.status, 400 | 403 | 421), "{headers:?}: {}", response.status);
            ask(&app, &address).await.expect(202);
        }
        let token = app.mailbox.token(&address, PAGE).await;
        let mails = app.mailbox.to(&address);
        let mail = mails.iter().find(|mail| mail.token(PAGE).is_some()).unwrap();
        let link = format!("{}{PAGE}?token={token}", app.origin);
        assert!(mail.text.lines().any(|line| line == link), "{headers:?}: {}", mail.text);
        assert!(mail.html.contains(&link));
        assert!(!mail.text.contains(evil) && !mail.html.contains(evil), "{headers:?}");
    }
    let foreign = app.request(Method::POST, "/auth/forgot-password").header("origin", "https://evil.example");
    TestResponse::of(foreign.json(&json!({ "email": "user0@example.org" }))).await.expect_error(403, "FORBIDDEN");
    app.wait_until_all_sent().await;
    assert_eq!(link_count(&app, "user0@example.org").await, 1);
}

#[tokio::test]
async fn a_hundred_requests_by_one_client_or_by_many_send_an_address_at_most_three_mails() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    for (name, clients) in [("ann", 1), ("ben", 100)] {
        app.signed_in(name).await;
        let address = format!("{name}@example.org");
        let from = (0..100).map(|n| (format!("203.0.113.{}", n % clients), address.clone()));
        ask_all(&app, from).await;
        app.wait_until_all_sent().await;
        let sent = app.mailbox.tokens(&address, PAGE, 1).await;
        assert!(sent.len() <= 3, "{name}: {}", sent.len());
        let mut statuses = Vec::new();
        for token in sent {
            statuses.push(reset(&app, &token).await.status);
        }
        assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{name}: {statuses:?}");
    }
}

#[tokio::test]
async fn one_client_can_mail_to_at_most_twenty_of_a_hundred_addresses() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    sqlx::query(
        "INSERT INTO users.users (id, email, username, password_hash, email_verified)
         SELECT gen_random_uuid(), 'person' || n || '@bulk.example', 'person' || n, '', true
         FROM generate_series(0, 99) n",
    )
    .execute(&app.pool)
    .await
    .unwrap();
    settle_claims(&app.pool).await;
    let from = (0..100).map(|n| ("203.0.113.1".to_owned(), format!("person{n}@bulk.example")));
    ask_all(&app, from).await;
    app.wait_until_all_sent().await;
    let sent = link_count(&app, "@bulk.example").await;
    // One more each minute.
    assert!((20..=21).contains(&sent), "{sent}");
}

#[tokio::test]
async fn opening_the_link_fifty_times_uses_nothing_up_and_leaks_nothing() {
    let app = app_with_ann().await;
    ask(&app, "ann@example.org").await.expect(202);
    let token = app.mailbox.token("ann@example.org", PAGE).await;
    let link = format!("{PAGE}?token={token}");
    for method in [Method::GET, Method::HEAD] {
        for _ in 0..50 {
            let request = app.request(method.clone(), &link).header("accept", "text/html");
            let page = TestResponse::of(request).await.expect(200);
            assert_eq!(page.header("referrer-policy"), "no-referrer");
            assert_eq!(page.header("cache-control"), "no-store");
            assert_eq!(page.text.contains(&format!(r#"name="token" value="{token}""#)), method == Method::GET);
        }
    }
    app.get(&format!("/auth/reset-password?token={token}")).await.expect_error(405, "METHOD_NOT_ALLOWED");
    reset(&app, &token).await.expect(204);
}

#[tokio::test]
async fn the_link_works_for_an_hour() {
    let app = app_with_ann().await;
    for (age, status) in [(60, 422), (59, 204)] {
        ask(&app, "ann@example.org").await.expect(202);
        let count = link_count(&app, "ann@example.org").await;
        let token = app.mailbox.tokens("ann@example.org", PAGE, count + 1).await.remove(count);
        let mails = app.mailbox.to("ann@example.org");
        let mail = mails.iter().find(|mail| mail.token(PAGE).as_ref() == Some(&token)).unwrap();
        assert_eq!(mail.subject, "Choose a new password");
        assert!(mail.text.contains("works for an hour and only once"), "{}", mail.text);
        app.age_tokens(age).await;
        reset(&app, &token).await.expect(status);
    }
}

#[tokio::test]
async fn operators_choose_how_long_the_link_works() {
    let app = TestApp::start_with(&[("RESET_MINUTES", "5")]).await;
    for (name, age, status) in [("ann", 5, 422), ("ben", 4, 204)] {
        app.signed_in(name).await;
        let address = format!("{name}@example.org");
        ask(&app, &address).await.expect(202);
        let token = app.mailbox.token(&address, PAGE).await;
        let mail = app.mailbox.to(&address).pop().unwrap();
        assert!(mail.text.contains("works for 5 minutes"), "{}", mail.text);
        app.age_tokens(age).await;
        reset(&app, &token).await.expect(status);
    }
}

#[tokio::test]
async fn a_request_ends_no_session_and_leaves_the_password() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    ask(&app, "ann@example.org").await.expect(202);
    app.mailbox.token("ann@example.org", PAGE).await;
    app.page("/timeline", &login.session()).await.expect(200);
    app.refresh(&login.refresh_token()).await.expect(200);
    app.login("ann").await.expect(200);
}

#[tokio::test]
async fn requests_are_recorded_without_addresses_and_tokens() {
    let log = Log::capture();
    let app = TestApp::start().await;
    let id = app.register("ann").await.expect(201).json()["id"].as_str().unwrap().to_owned();
    app.mailbox.wait_for("ann@example.org", 1).await;
    let mut requests = Vec::new();
    for count in 1..=3 {
        requests.push(ask(&app, "ann@example.org").await.expect(202).header("x-request-id").to_owned());
        app.mailbox.tokens("ann@example.org", PAGE, count).await;
    }
    ask(&app, "ann@example.org").await.expect(202);
    ask(&app, "unknown@example.org").await.expect(202);
    let outcomes = || log.lines("INFO", "password reset request");
    wait_until("five outcomes", async || outcomes().len() == 5).await;
    let count = |outcome: &str| outcomes().iter().filter(|line| line.contains(&format!("\"{outcome}\""))).count();
    assert_eq!((count("requested"), count("suppressed"), count("unknown_email")), (3, 1, 1));

    let rows: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT actor, action, target::text, request_id FROM users.audit_log WHERE details = '{}' ORDER BY occurred_at, id",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let row = |request| ("visitor".to_owned(), "password.reset_requested".to_owned(), id.clone(), request);
    assert_eq!(rows, requests.into_iter().map(row).collect::<Vec<_>>());
    let text = log.text();
    for token in app.mailbox.tokens("ann@example.org", PAGE, 3).await {
        assert!(!text.contains(&token));
    }
    assert!(!outcomes().concat().contains("example.org"));
}

#[tokio::test]
async fn the_plain_form_says_the_same_for_every_address() {
    let app = app_with_ann().await;
    let page = app.page("/login", "").await.expect(200);
    assert!(page.text.contains(r#"href="/forgot-password""#) && page.text.contains("Forgot password?"));
    for email in ["ann@example.org", "unknown@example.org"] {
        let fields = [("email", email), ("_back", "/forgot-password")];
        let posted = app.submit("/auth/forgot-password", &fields, "").await.expect(303);
        assert_eq!(posted.header("location"), "/forgot-password");
        let page = app.page("/forgot-password", &posted.session()).await.expect(200);
        assert!(page.text.contains("If that address has an account, a link is on its way"), "{}", page.text);
    }
    app.mailbox.token("ann@example.org", PAGE).await;
}
