//! `POST /auth/reject-account`: the owner of an address rejects an account that they did not create.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::log::Log;
use crate::support::response::TestResponse;

/// Registers Ann's address as an attacker would, and returns the token from the mail to Ann.
async fn token_mailed_to_ann(app: &TestApp) -> String {
    app.register("ann").await.expect(201);
    let mails = app.mailbox.wait_for("ann@example.org", 1).await;
    let (_, token) = mails[0].text.split_once("/verify-email?token=").expect("a link");
    token.split_whitespace().next().unwrap().to_owned()
}

/// Returns whether any column of any table contains `text`.
pub async fn schema_holds(app: &TestApp, text: &str) -> bool {
    let tables: Vec<String> = sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'users'")
        .fetch_all(&app.pool)
        .await
        .unwrap();
    for table in tables {
        let statement = format!("SELECT count(*) > 0 FROM users.{table} t WHERE t::text ILIKE '%' || $1 || '%'");
        let found = sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).bind(text).fetch_one(&app.pool);
        if found.await.unwrap() {
            return true;
        }
    }
    false
}

/// Actor, actor name, action, target, request id, network, details.
type Row = (String, Option<String>, String, uuid::Uuid, String, String, serde_json::Value);

#[tokio::test]
async fn the_page_of_an_emailed_link_names_the_account_and_explains_confirming() {
    let app = TestApp::start().await;
    let token = token_mailed_to_ann(&app).await;
    for _ in 0..2 {
        let page = app.page(&format!("/verify-email?token={token}"), "").await.expect(200);
        assert!(page.text.contains("The account @ann was created"), "{}", page.text);
        assert!(page.text.contains("the person who set its password can sign in"));
        assert!(page.text.contains("I didn't create this account"));
        assert!(page.text.contains(r#"action="/auth/reject-account""#));
    }
    app.request(Method::HEAD, &format!("/verify-email?token={token}")).send().await.unwrap();
    app.get(&format!("/auth/reject-account?token={token}")).await.expect_error(405, "METHOD_NOT_ALLOWED");
    assert_eq!((app.count("users").await, app.count("email_verifications").await), (1, 1));
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(200);
}

#[tokio::test]
async fn an_invalid_link_names_no_account() {
    let app = TestApp::start().await;
    let token = token_mailed_to_ann(&app).await;
    let names = async |token: &str| {
        let page = app.page(&format!("/verify-email?token={token}"), "").await.expect(200);
        page.text.contains("@ann")
    };
    for other in ["", "x", &"A".repeat(43), "%00", &token[1..], &token.to_lowercase()] {
        assert!(!names(other).await, "{other}");
    }
    assert!(names(&token).await);
    let expired = "UPDATE users.email_verifications SET expires_at = now()";
    sqlx::query(expired).execute(&app.pool).await.unwrap();
    assert!(!names(&token).await);
}

#[tokio::test]
async fn rejecting_an_account_deletes_it_and_releases_its_address_and_username() {
    let app = TestApp::start().await;
    let token = token_mailed_to_ann(&app).await;
    let response = app.post("/auth/reject-account", json!({ "token": token })).await.expect(204);
    assert_eq!(response.text, "");
    for table in ["users", "email_verifications", "email_outbox"] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
    // The attacker can neither sign in nor learn that the account existed.
    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    for route in ["/auth/reject-account", "/auth/verify-email"] {
        app.post(route, json!({ "token": token })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    }

    let mine = json!({ "email": "Ann@example.org", "username": "ANN", "password": "a quiet river runs" });
    app.post("/auth/register", mine).await.expect(201);
    app.verify("ANN").await;
    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    app.post("/auth/login", json!({ "email": "ann@example.org", "password": "a quiet river runs" })).await.expect(200);
}

#[tokio::test]
async fn after_a_plain_form_the_page_says_that_the_account_was_deleted() {
    let app = TestApp::start().await;
    let token = token_mailed_to_ann(&app).await;
    let fields = [("token", token.as_str()), ("_back", "/verify-email")];
    let posted = app.submit("/auth/reject-account", &fields, "").await.expect(303);
    assert_eq!(posted.header("location"), "/verify-email");
    let page = app.page("/verify-email", &posted.session()).await.expect(200);
    assert!(page.text.contains("The account was deleted"), "{}", page.text);
    assert_eq!(app.count("users").await, 0);

    let again = app.submit("/auth/reject-account", &fields, "").await.expect(303);
    let page = app.page("/verify-email", &again.session()).await.expect(200);
    assert!(page.text.contains("This link no longer works"));
}

#[tokio::test]
async fn rejecting_from_another_site_is_forbidden() {
    let app = TestApp::start().await;
    let token = token_mailed_to_ann(&app).await;
    let form = app.request(Method::POST, "/auth/reject-account").form(&[("token", &token)]);
    let form = form.header("accept", "text/html").header("sec-fetch-site", "cross-site");
    TestResponse::of(form).await.expect_error(403, "FORBIDDEN");
    assert_eq!(app.count("users").await, 1);
}

#[tokio::test]
async fn a_verified_account_cannot_be_rejected() {
    let app = TestApp::start().await;
    let token = token_mailed_to_ann(&app).await;
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(200);
    app.post("/auth/reject-account", json!({ "token": token })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    for token in [json!("x"), json!(""), json!("A".repeat(43)), json!("a\0b")] {
        let response = app.post("/auth/reject-account", json!({ "token": token })).await;
        response.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    }
    app.login("ann").await.expect(200);
}

#[tokio::test]
async fn only_one_of_concurrent_verifying_and_rejecting_succeeds() {
    let app = TestApp::start().await;
    for round in 0..20 {
        let name = format!("ann{round}");
        app.register(&name).await.expect(201);
        let mails = app.mailbox.wait_for(&format!("{name}@example.org"), 1).await;
        let (_, token) = mails[0].text.split_once("/verify-email?token=").expect("a link");
        let token = json!({ "token": token.split_whitespace().next() });
        let (verified, rejected) = tokio::join!(
            app.post("/auth/verify-email", token.clone()),
            app.post("/auth/reject-account", token.clone()),
        );
        let left: Vec<bool> = sqlx::query_scalar("SELECT email_verified FROM users.users WHERE username = $1")
            .bind(&name)
            .fetch_all(&app.pool)
            .await
            .unwrap();
        match (verified.status, rejected.status) {
            (200, 422) => assert_eq!(left, [true], "{name}"),
            (422, 204) => assert_eq!(left, [false; 0], "{name}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_rejection_is_recorded_without_the_address_or_the_token() {
    let log = Log::capture();
    let app = TestApp::start().await;
    let token = token_mailed_to_ann(&app).await;
    let id: uuid::Uuid = sqlx::query_scalar("SELECT id FROM users.users").fetch_one(&app.pool).await.unwrap();
    // The outcome of a failed form still contains the address.
    let fields = [("email", "Ann@Example.org"), ("password", PASSWORD), ("_back", "/login")];
    app.submit("/auth/login", &fields, "").await.expect(303);
    app.page(&format!("/verify-email?token={token}"), "").await.expect(200);
    let response = app.post("/auth/reject-account", json!({ "token": token })).await.expect(204);

    let rows: Vec<Row> = sqlx::query_as(
        "SELECT actor, actor_name, action, target, request_id, network::text, details FROM users.audit_log",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let request = response.header("x-request-id").to_owned();
    let (actor, action) = ("address_owner".to_owned(), "account.rejected".to_owned());
    assert_eq!(rows, [(actor, None, action, id, request, "127.0.0.0/24".to_owned(), json!({}))]);
    assert!(!schema_holds(&app, "ann@example.org").await);

    let outcomes = log.lines("INFO", "account rejection");
    assert_eq!(outcomes.len(), 1);
    assert!(outcomes[0].contains("\"outcome\":\"rejected\"") && outcomes[0].contains(&id.to_string()));
    assert!(!log.text().contains(&token));
}
