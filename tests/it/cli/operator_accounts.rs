//! `kith user suspend`, `unsuspend`, `reset` and `delete`, and the audit log.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use kith::domain::sign_in::access_token::Subject;
use kith::domain::sign_in::client::Client;
use kith::domain::sign_in::credentials;
use kith::domain::sign_in::refresh_token;
use kith::domain::sign_in::refresh_token::{BY_PASSWORD, SignInDays, Start};
use kith::model::id::UserId;
use reqwest::Method;
use serde_json::{Value, json};

use super::operator::{expect_failure, expect_success, kith_on};
use crate::accounts::reject_account::schema_holds;
use crate::support::app::{PASSWORD, TestApp, email};
use crate::support::database::database;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

/// The actor, action, target and details of each entry.
async fn audit_log(app: &TestApp) -> Vec<(String, String, uuid::Uuid, Value)> {
    let rows = sqlx::query_as("SELECT actor, action, target, details FROM users.audit_log ORDER BY id");
    rows.fetch_all(&app.pool).await.unwrap()
}

/// The type and data of each event about the user, apart from those of sessions.
async fn events(app: &TestApp, user: &str) -> Vec<(String, Value)> {
    let rows = sqlx::query_as(
        "SELECT type, data FROM users.events WHERE subject = $1::uuid AND type LIKE 'user.%'
         ORDER BY transaction_id, sequence",
    );
    rows.bind(user).fetch_all(&app.pool).await.unwrap()
}

/// Panics unless Ann gets one mail with this subject, which says that operators did it and contains no token.
async fn expect_notice(app: &TestApp, subject: &str) {
    let notices = app.mailbox.wait_for_subject("ann@example.org", subject, 1).await;
    assert_eq!(notices.len(), 1, "{subject}");
    assert!(notices[0].text.contains("This was done by the people who run this site"), "{}", notices[0].text);
    assert!(!notices[0].text.contains("token="), "{}", notices[0].text);
}

/// A one-pixel picture.
fn pixel() -> Vec<u8> {
    use base64::Engine as _;
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    base64::engine::general_purpose::STANDARD.decode(png).unwrap()
}

/// The response of each route that `user` can use to change something, with their access token.
async fn changes(app: &TestApp, user: &TestUser, other: &TestUser) -> Vec<(String, TestResponse)> {
    let follow = format!("/users/{}/follow", other.id);
    let follower = format!("/users/me/followers/{}", other.id);
    let mut responses = Vec::new();
    for (method, path) in [
        (Method::POST, follow.as_str()),
        (Method::DELETE, &follow),
        (Method::DELETE, &follower),
        (Method::DELETE, "/users/me/avatar"),
        (Method::GET, "/users/me"),
    ] {
        responses.push((format!("{method} {path}"), user.send(app, method, path).await));
    }
    let patch = app.request(Method::PATCH, "/users/me").bearer_auth(&user.token);
    responses.push(("PATCH /users/me".to_owned(), TestResponse::of(patch.json(&json!({ "bio": "x" }))).await));
    let picture = pixel();
    let put = app.request(Method::PUT, "/users/me/avatar").bearer_auth(&user.token);
    let put = put.header("content-type", "image/png").body(picture);
    responses.push(("PUT /users/me/avatar".to_owned(), TestResponse::of(put).await));
    responses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_user_is_locked_out_and_only_the_right_password_reveals_why() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let other = test_user(&app, "ben").await;
    let ann = TestUser {
        id: app.me(&login.access_token()).await.json()["id"].as_str().unwrap().to_owned(),
        token: login.access_token(),
    };
    other.follow(&app, &ann.id).await.expect(201);
    ann.follow(&app, &other.id).await.expect(201);

    let output = expect_success(kith_on(&app, &["user", "suspend", "ann", "--reason", "spam, see ticket 17", "--yes"]));
    assert_eq!(output, "ann is suspended; 1 session ended\n");
    assert!(expect_success(kith_on(&app, &["user", "show", "ann"])).contains("\nsuspended 20"));
    expect_notice(&app, "Your account is suspended").await;
    app.login("ann").await.expect_error(403, "ACCOUNT_SUSPENDED");
    let wrong = app.post("/auth/login", json!({ "email": "ann@example.org", "password": "mistaken pass" })).await;
    let unknown = app.post("/auth/login", json!({ "email": "eve@example.org", "password": "mistaken pass" })).await;
    wrong.expect_error(401, "INVALID_CREDENTIALS");
    assert_eq!(wrong.text, unknown.text);
    app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.page("/timeline", &login.session()).await.expect(303);
    let cookie = format!("refresh_token={}", login.refresh_token());
    let resumed = app.page("/auth/resume?next=/timeline", &cookie).await.expect(303);
    assert_eq!(resumed.header("location"), "/login?next=%2Ftimeline");
    let posted = app.submit(&format!("/users/{}/follow", other.id), &[("_back", "/")], &login.session()).await;
    assert_eq!(posted.expect(303).header("location"), "/");
    for (route, response) in changes(&app, &ann, &other).await {
        assert_eq!((response.status, response.code().as_str()), (401, "UNAUTHENTICATED"), "{route}");
    }
    assert_eq!(app.count("follows").await, 2);
    // Other users see no change.
    assert_eq!(other.counts(&app).await, (1, 1));

    assert_eq!(expect_success(kith_on(&app, &["user", "unsuspend", &ann.id, "--yes"])), "ann can sign in again\n");
    assert_eq!(expect_success(kith_on(&app, &["user", "unsuspend", "ann", "--yes"])), "ann was not suspended\n");
    expect_notice(&app, "Your account is no longer suspended").await;
    app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    let again = TestUser { id: ann.id.clone(), token: app.login("ann").await.expect(200).access_token() };
    for (route, response) in changes(&app, &again, &other).await {
        assert!(response.status < 300, "{route}: {}", response.text);
    }
    let id: uuid::Uuid = ann.id.parse().unwrap();
    let row = |action: &str, details| ("operator".to_owned(), action.to_owned(), id, details);
    let reason = json!({ "reason": "spam, see ticket 17" });
    assert_eq!(audit_log(&app).await, [row("account.suspended", reason), row("account.unsuspended", json!({}))]);
    let event = |kind: &str| (kind.to_owned(), json!({ "id": id }));
    assert_eq!(events(&app, &ann.id).await[1..], [event("user.suspended"), event("user.unsuspended")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_invalidates_links_already_sent() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let mails = app.mailbox.wait_for("ann@example.org", 1).await;
    let (_, token) = mails[0].text.split_once("/verify-email?token=").unwrap();
    let token = json!({ "token": token.split_whitespace().next() });
    expect_success(kith_on(&app, &["user", "suspend", "ann@example.org", "--yes"]));
    app.post("/auth/verify-email", token.clone()).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    app.post("/auth/reject-account", token).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    app.post("/auth/resend-verification", json!({ "email": "ann@example.org" })).await.expect(202);
    assert_eq!((app.count("users").await, app.count("email_verifications").await), (1, 0));
    app.login("ann").await.expect_error(403, "ACCOUNT_SUSPENDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_invalidates_the_password() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let output = expect_success(kith_on(&app, &["user", "reset", "ann", "--reason", "stolen password", "--yes"]));
    assert!(output.contains("no longer works; 1 session ended") && output.contains("ann@example.org"), "{output}");
    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.page("/timeline", &login.session()).await.expect(303);
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM users.users").fetch_one(&app.pool).await.unwrap();
    // The new hash is as expensive to check as the old one.
    assert!(hash.starts_with("$2b$04$"), "{hash}");
    assert_eq!(audit_log(&app).await[0].1, "account.reset");

    expect_notice(&app, "Your password no longer works").await;
    let token = app.mailbox.token("ann@example.org", "/reset-password").await;
    let body = json!({ "token": token, "password": "another horse battery" });
    app.post("/auth/reset-password", body.clone()).await.expect(204);
    app.login_as("ann@example.org", "another horse battery").await.expect(200);
    app.post("/auth/reset-password", body).await.expect_error(422, "INVALID_RESET_TOKEN");
    assert!(!output.contains("suspended"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reset_of_a_suspended_account_says_that_its_link_does_not_work() {
    let app = TestApp::start().await;
    app.signed_in("ann").await;
    expect_success(kith_on(&app, &["user", "suspend", "ann", "--yes"]));
    let output = expect_success(kith_on(&app, &["user", "reset", "ann", "--yes"]));
    assert!(output.contains("It will not work while the account is suspended"), "{output}");
    let token = app.mailbox.token("ann@example.org", "/reset-password").await;
    let body = json!({ "token": token, "password": "another horse battery" });
    app.post("/auth/reset-password", body.clone()).await.expect_error(422, "INVALID_RESET_TOKEN");
    expect_success(kith_on(&app, &["user", "unsuspend", "ann", "--yes"]));
    app.post("/auth/reset-password", body).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_reset_works_for_the_minutes_that_the_operator_has_set() {
    let app = TestApp::start().await;
    app.signed_in("ann").await;
    let mut command = kith_on(&app, &["user", "reset", "ann", "--yes"]);
    command.env("RESET_MINUTES", "5");
    expect_success(command);
    let token = app.mailbox.token("ann@example.org", "/reset-password").await;
    let mail = app.mailbox.wait_for_subject("ann@example.org", "Choose a new password", 1).await.remove(0);
    assert!(mail.text.contains("The link works for 5 minutes and only once"), "{}", mail.text);
    app.age_tokens(5).await;
    let body = json!({ "token": token, "password": "another horse battery" });
    app.post("/auth/reset-password", body).await.expect_error(422, "INVALID_RESET_TOKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_address_and_a_pending_deletion_are_shown() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let lines = || {
        let shown = expect_success(kith_on(&app, &["user", "show", "ann"]));
        shown.lines().skip(6).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(), Vec::<String>::new());
    let post = async |path: &str, body: Value| {
        TestResponse::of(app.request(Method::POST, path).bearer_auth(&ann.token).json(&body)).await
    };
    post("/users/me/email", json!({ "email": "new@example.org" })).await.expect(202);
    assert_eq!(lines(), ["pending   new@example.org"]);
    let expired = "UPDATE users.users SET pending_email_expires_at = now()";
    sqlx::query(expired).execute(&app.pool).await.unwrap();
    assert_eq!(lines(), Vec::<String>::new());

    let deletes_at = post("/users/me/deletion", json!({})).await.expect(202).json()["deletes_at"].clone();
    let day = deletes_at.as_str().unwrap().split('T').next().unwrap();
    let shown = lines();
    assert!(shown.len() == 1 && shown[0].starts_with(&format!("deletes   {day}T")), "{shown:?}");
}

/// A password check takes a quarter of a second, or several seconds under load. A sign-in that read the account before
/// the command must not start a session after it.
#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_in_progress_do_not_survive_a_revocation() {
    for command in [
        ["sessions", "revoke", "ann"].as_slice(),
        &["user", "reset", "ann", "--yes"],
        &["user", "suspend", "ann", "--yes"],
    ] {
        let app = TestApp::start().await;
        app.signed_in("ann").await;
        let account = credentials::find(&app.pool.clone().into(), &email("ann")).await.unwrap().unwrap();
        expect_success(kith_on(&app, command));
        let subject = Subject { id: UserId(account.id), email: account.email, roles: account.roles };
        let start = Start { days: SignInDays(365), client: Client::default() };
        let database = database(&app.pool).await;
        let session =
            refresh_token::issue(&database, &start, subject, account.sign_in_epoch, BY_PASSWORD).await.unwrap();
        assert!(session.is_none(), "{command:?}");
        let live = "SELECT count(*) FROM users.sign_ins WHERE revoked_at IS NULL";
        assert_eq!(sqlx::query_scalar::<_, i64>(live).fetch_one(&app.pool).await.unwrap(), 0, "{command:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_erases_immediately_and_leaves_no_copy_of_the_address() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let ben = test_user(&app, "ben").await;
    ann.follow(&app, &ben.id).await.expect(201);
    ben.follow(&app, &ann.id).await.expect(201);
    let typed = [("email", "ANN@example.org"), ("password", "mistaken pass"), ("_back", "/login")];
    app.submit("/auth/login", &typed, "").await.expect(303);
    let picture = pixel();
    let put = app.request(Method::PUT, "/users/me/avatar").bearer_auth(&ann.token);
    let me = TestResponse::of(put.header("content-type", "image/png").body(picture)).await.expect(200).json();
    let picture = me["avatar_url"].as_str().unwrap().to_owned();
    app.get(&picture).await.expect(200);

    let output = expect_success(kith_on(
        &app,
        &["user", "delete", "ann@example.org", "--yes", "--reason", "asked by Ann@Example.org"],
    ));
    assert_eq!(output, "ann was deleted\n");
    assert!(!schema_holds(&app, "ann@example.org").await);
    assert_eq!((app.count("users").await, app.count("follows").await), (1, 0));
    assert_eq!(ben.counts(&app).await, (0, 0));
    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    for (route, response) in changes(&app, &ann, &ben).await {
        assert_eq!((response.status, response.code().as_str()), (401, "UNAUTHENTICATED"), "{route}");
    }
    wait_until("the picture has left the store", async || app.get(&picture).await.status == 404).await;
    let (actor, action, target, details) = audit_log(&app).await.remove(0);
    assert_eq!((actor.as_str(), action.as_str(), target.to_string()), ("operator", "account.deleted", ann.id.clone()));
    assert_eq!(details, json!({ "reason": "asked by …" }));
    assert_eq!(events(&app, &ann.id).await.last(), Some(&("user.deleted".to_owned(), json!({ "id": ann.id }))));
    expect_notice(&app, "Your account was deleted").await;
    // No other user can take the name that others knew, but the address is free.
    app.register("ann").await.expect_error(409, "USERNAME_TAKEN");
    let body = json!({ "email": "ann@example.org", "username": "ann2", "password": PASSWORD });
    app.post("/auth/register", body).await.expect(201);
    assert!(expect_failure(kith_on(&app, &["user", "delete", "eve", "--yes"])).contains("no account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_yes_nothing_happens_unless_confirmed_at_a_terminal() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    for command in ["suspend", "unsuspend", "reset", "delete"] {
        assert!(expect_failure(kith_on(&app, &["user", command, "ann"])).contains("--yes"), "{command}");
    }
    let mut command = kith_on(&app, &["user", "delete", "ann"]);
    let (success, output) = run_at_terminal(&mut command, "n\n");
    assert!(!success && output.contains("nothing was changed"), "{output}");
    assert_eq!((app.count("users").await, app.count("audit_log").await), (1, 0));
    let (success, output) = run_at_terminal(&mut command, "y\n");
    assert!(success && output.contains("Delete ann <ann@example.org>"), "{output}");
    assert_eq!((app.count("users").await, app.count("audit_log").await), (0, 1));
}

/// Runs `command` with a terminal as its stdin, and types `keys`. Returns whether it succeeded, and its output.
fn run_at_terminal(command: &mut Command, keys: &str) -> (bool, String) {
    let nix::pty::OpenptyResult { master, slave } = nix::pty::openpty(None, None).unwrap();
    let child = command.stdin(Stdio::from(slave)).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    nix::unistd::write(&master, keys.as_bytes()).unwrap();
    let output = child.spawn().unwrap().wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (output.status.success(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_append_only_even_for_its_owner() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    expect_success(kith_on(&app, &["user", "set-roles", "ann", "user", "moderator", "--reason", "helps"]));
    expect_success(kith_on(&app, &["sessions", "revoke", "ann", "--reason", "lost phone"]));
    let details: Vec<_> = audit_log(&app).await.into_iter().map(|(_, action, _, details)| (action, details)).collect();
    let expected = [
        ("roles.set".to_owned(), json!({ "roles": ["user", "moderator"], "reason": "helps" })),
        ("sign_ins.ended".to_owned(), json!({ "reason": "lost phone" })),
    ];
    assert_eq!(details, expected);
    // The tests connect as the table's owner and superuser.
    for statement in [
        "UPDATE users.audit_log SET actor = 'x'",
        "DELETE FROM users.audit_log",
        "DELETE FROM users.audit_log WHERE false",
        "TRUNCATE users.audit_log",
        "TRUNCATE users.users CASCADE; TRUNCATE users.audit_log",
        "SET session_replication_role = replica; DELETE FROM users.audit_log",
    ] {
        let error = sqlx::raw_sql(statement).execute(&app.pool).await.unwrap_err();
        assert!(error.to_string().contains("users.audit_log is append-only"), "{statement}: {error}");
    }
    assert_eq!(app.count("audit_log").await, 2);
}
