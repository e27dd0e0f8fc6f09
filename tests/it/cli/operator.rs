//! The operators' commands: `kith user`, `kith sessions`, `kith token`.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::app::{KEY, TestApp};
use crate::support::process::{kith, output};

/// What the command prints, when it succeeds.
#[track_caller]
pub fn said(command: Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// What it complains about, when it fails.
#[track_caller]
pub fn complaint(command: Command) -> String {
    let output = output(command);
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

/// The command on the database of `app`.
pub fn on(app: &TestApp, arguments: &[&str]) -> Command {
    let mut command = kith(arguments);
    command.env("DATABASE_URL", app.database_url());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_set_by_hand_and_stand_in_the_next_token() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let shown = said(on(&app, &["user", "set-roles", "Ann@example.org", "user", "moderator"]));
    assert!(shown.contains("roles     user moderator"), "{shown}");
    let refreshed = app.refresh(&login.refresh_token()).await.expect(200).access_token();
    let claims = check(&app, &refreshed).await;
    assert_eq!(claims["roles"], json!(["user", "moderator"]));
    for bad in ["", "Admin", "a b", &"x".repeat(33)] {
        assert!(complaint(on(&app, &["user", "set-roles", "ann", bad])).contains("a-z"), "{bad}");
    }
}

/// The claims of a token that the service accepts.
async fn check(app: &TestApp, token: &str) -> Value {
    use base64::Engine as _;
    app.me(token).await.expect(200);
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_by_email_username_or_id_and_without_its_hash() {
    let app = TestApp::start().await;
    let id = app.register("ann").await.expect(201).json()["id"].as_str().unwrap().to_owned();
    for who in ["ANN@example.org", "Ann", &id] {
        let shown = said(on(&app, &["user", "show", who]));
        for part in ["ann@example.org (not verified)", "username  ann", &id, "roles     user", "sign-ins  0"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("$2b$"));
    }
    assert!(complaint(on(&app, &["user", "show", "ben"])).contains("no account"));
    assert!(complaint(kith(&["user", "show", "ann"])).contains("DATABASE_URL is missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_sessions_ends_every_sign_in_of_that_account_alone() {
    let app = TestApp::start().await;
    let first = app.signed_in("ann").await;
    let second = app.login("ann").await.expect(200);
    let other = app.signed_in("ben").await;
    assert!(said(on(&app, &["user", "show", "ann"])).contains("sign-ins  2"));
    assert_eq!(said(on(&app, &["sessions", "revoke", "ann"])), "2 sign-ins of ann ended\n");
    for login in [&first, &second] {
        app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        app.page("/timeline", &login.session()).await.expect(303);
    }
    app.refresh(&other.refresh_token()).await.expect(200);
    assert_eq!(said(on(&app, &["sessions", "revoke", "ann"])), "0 sign-ins of ann ended\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_token_is_one_that_the_service_takes() {
    let app = TestApp::start().await;
    let issue = |service: &str, ttl: &str| {
        let mut command = kith(&["token", "issue", "--service", service, "--ttl", ttl]);
        command.env("JWT_PRIVATE_KEY", KEY.as_str()).env("PUBLIC_URL", &app.origin);
        command
    };
    let token = said(issue("posts", "90d"));
    // Known, and no user.
    app.me(token.trim()).await.expect_error(403, "FORBIDDEN");
    for (service, ttl) in [("posts", "0d"), ("posts", "366d"), ("posts", "90"), ("posts", "é"), ("Posts!", "1d")] {
        complaint(issue(service, ttl));
    }
    assert!(complaint(kith(&["token", "issue", "--service", "posts", "--ttl", "1d"])).contains("JWT_PRIVATE_KEY"));
}
