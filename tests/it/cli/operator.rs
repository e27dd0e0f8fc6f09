//! The operator commands: `kith user`, `kith sessions`, `kith token`.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::app::{KEY, TestApp};
use crate::support::process::{kith, output};

/// Runs a command that must succeed, and returns its stdout.
#[track_caller]
pub fn expect_success(command: Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Runs a command that must fail, and returns its stderr.
#[track_caller]
pub fn expect_failure(command: Command) -> String {
    let output = output(command);
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

/// A `kith` command for the database of `app`.
pub fn kith_on(app: &TestApp, arguments: &[&str]) -> Command {
    let mut command = kith(arguments);
    command.env("DATABASE_URL", app.database_url());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_set_by_an_operator_appear_in_the_next_token() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let shown = expect_success(kith_on(&app, &["user", "set-roles", "Ann@example.org", "user", "moderator"]));
    assert!(shown.contains("roles     user moderator"), "{shown}");
    let refreshed = app.refresh(&login.refresh_token()).await.expect(200).access_token();
    let claims = accepted_claims(&app, &refreshed).await;
    assert_eq!(claims["roles"], json!(["user", "moderator"]));
    for bad in ["", "Admin", "a b", &"x".repeat(33)] {
        assert!(expect_failure(kith_on(&app, &["user", "set-roles", "ann", bad])).contains("a-z"), "{bad}");
    }
}

/// The claims of a token that the service accepts.
async fn accepted_claims(app: &TestApp, token: &str) -> Value {
    use base64::Engine as _;
    app.me(token).await.expect(200);
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_by_email_username_or_id_without_its_hash() {
    let app = TestApp::start().await;
    let id = app.register("ann").await.expect(201).json()["id"].as_str().unwrap().to_owned();
    for user in ["ANN@example.org", "Ann", &id] {
        let shown = expect_success(kith_on(&app, &["user", "show", user]));
        for part in ["ann@example.org (not verified)", "username  ann", &id, "roles     user", "sessions  0"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("$2b$"));
    }
    assert!(expect_failure(kith_on(&app, &["user", "show", "ben"])).contains("no account"));
    assert!(expect_failure(kith(&["user", "show", "ann"])).contains("DATABASE_URL is missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_sessions_ends_every_sign_in_of_only_that_account() {
    let app = TestApp::start().await;
    let first = app.signed_in("ann").await;
    let second = app.login("ann").await.expect(200);
    let other = app.signed_in("ben").await;
    assert!(expect_success(kith_on(&app, &["user", "show", "ann"])).contains("sessions  2"));
    assert_eq!(expect_success(kith_on(&app, &["sessions", "revoke", "ann"])), "2 sessions of ann ended\n");
    for login in [&first, &second] {
        app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        app.page("/timeline", &login.session()).await.expect(303);
    }
    app.refresh(&other.refresh_token()).await.expect(200);
    assert_eq!(expect_success(kith_on(&app, &["sessions", "revoke", "ann"])), "0 sessions of ann ended\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issued_service_token_is_accepted() {
    let app = TestApp::start().await;
    let issue = |service: &str, ttl: &str| {
        let mut command = kith(&["token", "issue", "--service", service, "--ttl", ttl]);
        command.env("JWT_PRIVATE_KEY", KEY.as_str()).env("PUBLIC_URL", &app.origin);
        command
    };
    let token = expect_success(issue("posts", "90d"));
    // The caller is known, but is not a user.
    app.me(token.trim()).await.expect_error(403, "FORBIDDEN");
    for (service, ttl) in [("posts", "0d"), ("posts", "366d"), ("posts", "90"), ("posts", "é"), ("Posts!", "1d")] {
        expect_failure(issue(service, ttl));
    }
    assert!(expect_failure(kith(&["token", "issue", "--service", "posts", "--ttl", "1d"])).contains("JWT_PRIVATE_KEY"));
}
