//! Log lines of authentication attempts: they have the outcome, user and request, and never a secret.

use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::log::Log;

/// The event and outcome of each line, and whether it names a user and its request.
fn events(log: &Log) -> Vec<(String, String, bool, bool)> {
    let text = log.text();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let outcomes = lines.filter(|line| line["outcome"].is_string());
    outcomes
        .map(|line| {
            let field = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            let request = line["span"]["id"].is_string();
            (field("message"), field("outcome"), !field("user_id").is_empty(), request)
        })
        .collect()
}

#[tokio::test]
async fn every_outcome_is_logged_with_the_request_and_without_secrets() {
    let log = Log::capture();
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.register("ann").await.expect(409);
    app.login("ann").await.expect(403);
    app.post("/auth/verify-email", json!({ "token": "nonsense" })).await.expect(422);
    app.verify("ann").await;
    app.post("/auth/login", json!({ "email": "ann@example.org", "password": "mistaken pass" })).await.expect(401);
    app.post("/auth/login", json!({ "email": "unknown@example.org", "password": PASSWORD })).await.expect(401);
    let login = app.login("ann").await.expect(200);
    let refreshed = app.refresh(&login.refresh_token()).await.expect(200);
    app.refresh(&"A".repeat(43)).await.expect(401);
    app.me(&refreshed.access_token()).await.expect(200);
    app.page("/timeline", &login.session()).await.expect(200);
    sqlx::query("UPDATE users.refresh_tokens SET rotated_at = now() - interval '1 hour'")
        .execute(&app.pool)
        .await
        .unwrap();
    app.refresh(&login.refresh_token()).await.expect(401);

    let event = |message: &str, outcome: &str, user| (message.to_owned(), outcome.to_owned(), user, true);
    assert_eq!(
        events(&log),
        [
            event("registration", "registered", true),
            event("registration", "email_taken", false),
            event("sign-in", "not_verified", true),
            event("verification", "refused", false),
            event("sign-in", "wrong_password", true),
            event("sign-in", "unknown_email", false),
            event("sign-in", "signed_in", true),
            event("refresh", "refreshed", true),
            event("refresh", "refused", false),
            event("refresh", "reused", true),
            event("refresh", "refused", false),
        ]
    );
    let text = log.text();
    let device = login.cookie("device");
    for secret in [
        PASSWORD,
        "mistaken pass",
        &login.access_token(),
        &login.refresh_token(),
        &refreshed.access_token(),
        &refreshed.refresh_token(),
        login.cookie("__Host-session").value(),
        device.value(),
        "$2b$",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_log_line_of_a_request_has_route_status_error_client_and_user() {
    let log = Log::capture();
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let id = app.me(&token).await.expect(200).json()["id"].clone();
    app.login("ben").await.expect(401);
    let lines = log.lines("INFO", "\"answered\"");
    let line = |route: &str, status: u16| -> Value {
        let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut found = lines.filter(|line| line["route"] == route && line["status"] == status);
        found.next().unwrap_or_else(|| panic!("no line for {route} {status}"))
    };
    let me = line("/users/me", 200);
    assert_eq!((&me["user_id"], &me["span"]["client"]), (&id, &json!("127.0.0.1")));
    assert!(me["latency_ms"].as_f64().is_some());
    assert_eq!(line("/auth/login", 401)["error_code"], "InvalidCredentials");
}
