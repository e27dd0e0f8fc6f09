//! `/users/me/email`, `POST /auth/confirm-email` and `POST /auth/undo-email-change`: changing the address of an account,
//! and taking an account back after someone else changed it.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::reject_account::schema_holds;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::mail::Mail;
use crate::support::outbox::wait_until;
use crate::support::provider::{Behavior, OK, Provider};
use crate::support::response::TestResponse;
use crate::support::user::TestUser;

const NEW_PASSWORD: &str = "a quiet river runs";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

const FIRST: &str = "ann@example.org";
const SECOND: &str = "second@example.org";
const THIRD: &str = "third@example.org";

/// The subjects of mails.
const UNDO: &str = "Your email address was changed";
const REQUESTED: &str = "A new email address was requested";
const IN_USE: &str = "Someone tried to use your email address";

async fn send(app: &TestApp, method: Method, path: &str, token: &str, body: Value) -> TestResponse {
    let request = app.request(method, path).bearer_auth(token).header("user-agent", FIREFOX);
    TestResponse::of(request.json(&body)).await
}

async fn request(app: &TestApp, token: &str, email: &str) -> TestResponse {
    send(app, Method::POST, "/users/me/email", token, json!({ "email": email })).await
}

async fn confirm(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/confirm-email", json!({ "token": token })).await
}

async fn undo(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/undo-email-change", json!({ "token": token })).await
}

async fn reset(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/reset-password", json!({ "token": token, "password": NEW_PASSWORD })).await
}

/// Changes the address, which has not been asked to confirm before, with a link that is opened at once.
async fn change(app: &TestApp, token: &str, email: &str) {
    request(app, token, email).await.expect(202);
    let link = app.mailbox.token(email, "/confirm-email").await;
    assert_eq!(confirm(app, &link).await.expect(200).json(), json!({ "email": email }));
}

/// The address of the caller, and the one that waits for a confirmation.
async fn addresses(app: &TestApp, token: &str) -> (String, Option<String>) {
    let me = app.me(token).await.expect(200).json();
    (me["email"].as_str().unwrap().to_owned(), me["pending_email"].as_str().map(str::to_owned))
}

/// Makes all pending changes and their links `minutes` older.
async fn age_changes(app: &TestApp, minutes: i32) {
    app.age_tokens(minutes).await;
    let older =
        "UPDATE users.users SET pending_email_expires_at = pending_email_expires_at - make_interval(mins => $1)";
    sqlx::query(older).bind(minutes).execute(&app.pool).await.unwrap();
}

/// Starts the service with Ann's verified account, and returns an access token for her.
async fn app_with_ann() -> (TestApp, String) {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    (app, token)
}

/// Registers `email` as `username` without verifying it, and returns the token of the link that rejects the account.
async fn register(app: &TestApp, email: &str, username: &str) -> String {
    let body = json!({ "email": email, "username": username, "password": PASSWORD });
    app.post("/auth/register", body).await.expect(201);
    app.mailbox.token(email, "/verify-email").await
}

#[tokio::test]
async fn the_new_address_is_in_force_once_it_is_confirmed_from_any_client() {
    let (app, token) = app_with_ann().await;
    let response = request(&app, &token, &format!(" {SECOND} ")).await.expect(202);
    assert_eq!(response.text, "");
    assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), Some(SECOND.to_owned())));
    let link = app.mailbox.token(SECOND, "/confirm-email").await;
    // Until then, the old address is in force.
    let login = app.login_as(FIRST, PASSWORD).await.expect(200);
    app.login_as(SECOND, PASSWORD).await.expect_error(401, "INVALID_CREDENTIALS");
    app.post("/auth/forgot-password", json!({ "email": SECOND })).await.expect(202);
    app.post("/auth/forgot-password", json!({ "email": FIRST })).await.expect(202);
    app.mailbox.token(FIRST, "/reset-password").await;
    assert_eq!(app.mailbox.tokens(SECOND, "/reset-password", 0).await.len(), 0);

    // This client has no session.
    let confirmed = confirm(&app, &link).await.expect(200);
    assert_eq!((confirmed.json(), confirmed.cookies().len()), (json!({ "email": SECOND }), 0));
    assert_eq!(addresses(&app, &token).await, (SECOND.to_owned(), None));
    assert_eq!(app.me(&token).await.json()["email_verified"], true);
    app.login_as(SECOND, PASSWORD).await.expect(200);
    app.login_as(FIRST, PASSWORD).await.expect_error(401, "INVALID_CREDENTIALS");
    // The session goes on.
    app.page("/timeline", &login.session()).await.expect(200);
    app.refresh(&login.refresh_token()).await.expect(200);
    confirm(&app, &link).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");

    // The old address is free.
    let other = json!({ "email": FIRST, "username": "other", "password": PASSWORD });
    app.post("/auth/register", other).await.expect(201);
}

#[tokio::test]
async fn a_change_of_the_address_ends_links_that_were_mailed_to_the_old_one() {
    let (app, token) = app_with_ann().await;
    for path in ["/auth/forgot-password", "/auth/sign-in-link"] {
        app.post(path, json!({ "email": FIRST })).await.expect(202);
    }
    let reset_link = app.mailbox.token(FIRST, "/reset-password").await;
    let sign_in_link = app.mailbox.token(FIRST, "/sign-in-link").await;
    change(&app, &token, SECOND).await;
    reset(&app, &reset_link).await.expect_error(422, "INVALID_RESET_TOKEN");
    let signed_in = app.post("/auth/sign-in-with-link", json!({ "token": sign_in_link })).await;
    signed_in.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    app.login_as(SECOND, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_old_address_gets_a_notice_at_the_request_and_an_undo_link_at_the_change() {
    let (app, token) = app_with_ann().await;
    let id = app.me(&token).await.json()["id"].as_str().unwrap().to_owned();
    let requested = request(&app, &token, SECOND).await.expect(202);
    let notice = app.mailbox.wait_for_subject(FIRST, REQUESTED, 1).await.remove(0);
    assert!(notice.text.contains("Firefox on Windows"), "{}", notice.text);
    assert!(notice.text.lines().any(|line| line == format!("{}/forgot-password", app.origin)), "{}", notice.text);
    assert!(!notice.text.contains("token") && !notice.text.contains(SECOND), "{}", notice.text);
    let link = app.mailbox.token(SECOND, "/confirm-email").await;
    app.wait_until_all_sent().await;
    assert_eq!(app.mailbox.tokens(FIRST, "/undo-email-change", 0).await.len(), 0, "nothing to undo yet");

    let confirmed = confirm(&app, &link).await.expect(200);
    let mail = app.mailbox.wait_for_subject(FIRST, UNDO, 1).await.remove(0);
    assert!(mail.text.contains("works for 7 days") && mail.token("/undo-email-change").is_some(), "{}", mail.text);
    assert!(!mail.text.contains(SECOND));
    assert_eq!(app.mailbox.tokens(SECOND, "/undo-email-change", 0).await.len(), 0);

    let rows: Vec<(String, String, String, String, Value)> = sqlx::query_as(
        "SELECT actor, action, target::text, request_id, details FROM users.audit_log WHERE target::text = $1
         ORDER BY id",
    )
    .bind(&id)
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let row = |action: &str, response: &TestResponse| {
        ("user".to_owned(), action.to_owned(), id.clone(), response.header("x-request-id").to_owned(), json!({}))
    };
    assert_eq!(rows, [row("email.change_requested", &requested), row("email.changed", &confirmed)]);
    let events: Vec<(String, Value)> =
        sqlx::query_as("SELECT type, data FROM users.events WHERE type = 'user.updated'")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert_eq!(events, [("user.updated".to_owned(), json!({ "id": id, "changed": ["email"] }))]);
}

#[tokio::test]
async fn a_notice_that_is_delayed_until_after_the_change_still_goes_to_the_old_address() {
    let provider = Provider::start(OK).await;
    provider.set_behavior(|mail| if mail.subject == REQUESTED { Behavior::Status(503) } else { OK });
    let app = TestApp::start_with(&[("EMAIL_PROVIDER_URL", &provider.url)]).await;
    let token = app.signed_in("ann").await.access_token();
    request(&app, &token, SECOND).await.expect(202);
    let find = |subject: &str| provider.received().into_iter().filter(|mail| mail.subject == subject).collect();
    let link = || {
        let mails: Vec<Mail> = provider.accepted();
        mails.iter().find_map(|mail| mail.token("/confirm-email"))
    };
    wait_until("the link is sent and the notice is not", async || {
        let notices: Vec<Mail> = find(REQUESTED);
        link().is_some() && !notices.is_empty()
    })
    .await;
    confirm(&app, &link().unwrap()).await.expect(200);
    provider.set_behavior(|_| OK);
    let due = "UPDATE users.email_outbox SET send_at = now(), due_at = 'infinity' WHERE kind = 'notice'";
    sqlx::query(due).execute(&app.pool).await.unwrap();
    wait_until("every mail is sent", async || app.count("email_outbox").await == 0).await;
    let notices: Vec<Mail> = provider.accepted().into_iter().filter(|mail| mail.subject == REQUESTED).collect();
    let recipients: Vec<_> = notices.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(recipients, [FIRST]);
}

#[tokio::test]
async fn a_request_needs_a_recent_proof_of_identity_or_the_password() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let older = "UPDATE users.sign_ins SET authenticated_at = now() - interval '10 minutes'";
    sqlx::query(older).execute(&app.pool).await.unwrap();
    let refreshed = app.refresh(&login.refresh_token()).await.expect(200);
    // A refresh is no proof.
    let token = refreshed.access_token();
    let required = request(&app, &token, SECOND).await;
    required.expect_error(403, "REAUTHENTICATION_REQUIRED");
    assert_eq!(
        required.header("www-authenticate"),
        r#"Bearer error="insufficient_user_authentication", max_age="600""#
    );
    // The page session knows no more.
    let session = app.request(Method::POST, "/users/me/email").header("cookie", login.session());
    let session = session.json(&json!({ "email": SECOND }));
    TestResponse::of(session).await.expect_error(403, "REAUTHENTICATION_REQUIRED");
    let with = async |password: &str| {
        let body = json!({ "email": SECOND, "current_password": password });
        send(&app, Method::POST, "/users/me/email", &token, body).await
    };
    with("").await.expect_error(403, "REAUTHENTICATION_REQUIRED");
    let wrong = with("mistaken pass").await;
    wrong.expect_error(403, "WRONG_PASSWORD");
    assert_eq!(wrong.header("ratelimit-remaining"), "9");
    assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), None));
    app.wait_until_all_sent().await;
    assert_eq!((app.mailbox.to(SECOND).len(), app.mailbox.wait_for_subject(FIRST, REQUESTED, 0).await.len()), (0, 0));

    with(PASSWORD).await.expect(202);
    app.mailbox.token(SECOND, "/confirm-email").await;
    // A wrong password is wrong in a fresh session, too.
    let fresh = login.access_token();
    let body = json!({ "email": THIRD, "current_password": "mistaken pass" });
    send(&app, Method::POST, "/users/me/email", &fresh, body).await.expect_error(403, "WRONG_PASSWORD");
    assert_eq!(addresses(&app, &token).await.1.as_deref(), Some(SECOND));
}

#[tokio::test]
async fn a_taken_address_is_not_revealed_and_only_its_owner_is_told() {
    let (app, token) = app_with_ann().await;
    app.signed_in("ben").await;
    register(&app, "unverified@example.org", "cat").await;
    let mut seen = Vec::new();
    for email in [SECOND, "BEN@example.org", "unverified@example.org"] {
        let response = request(&app, &token, email).await;
        let mut headers: Vec<String> = response.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        seen.push((response.status, headers, response.text));
        // The caller sees no difference in the account either.
        assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), Some(email.to_owned())));
    }
    assert_eq!(seen[0].0, 202);
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");

    for owner in ["ben@example.org", "unverified@example.org"] {
        let mail = app.mailbox.wait_for_subject(owner, IN_USE, 1).await.remove(0);
        assert!(!mail.text.contains("token") && !mail.html.contains("token"), "{}", mail.text);
        assert!(!mail.text.contains("ann"), "who asked stays private: {}", mail.text);
    }
    app.wait_until_all_sent().await;
    for owner in ["ben@example.org", "unverified@example.org", "BEN@example.org"] {
        assert_eq!(app.mailbox.tokens(owner, "/confirm-email", 0).await.len(), 0);
    }
    let outstanding = "SELECT count(*) FROM users.one_time_tokens WHERE purpose = 'change_email' AND used_at IS NULL";
    assert_eq!(sqlx::query_scalar::<_, i64>(outstanding).fetch_one(&app.pool).await.unwrap(), 0);
    app.login("ben").await.expect(200);
}

#[tokio::test]
async fn an_address_that_is_taken_before_it_is_confirmed_changes_nothing_and_keeps_the_link() {
    let (app, token) = app_with_ann().await;
    request(&app, &token, SECOND).await.expect(202);
    let link = app.mailbox.token(SECOND, "/confirm-email").await;
    let rejection = register(&app, "SECOND@example.org", "ben").await;
    for _ in 0..2 {
        confirm(&app, &link).await.expect_error(409, "EMAIL_ALREADY_EXISTS");
        assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), Some(SECOND.to_owned())));
    }
    app.login_as(FIRST, PASSWORD).await.expect(200);
    app.wait_until_all_sent().await;
    assert_eq!(app.mailbox.wait_for_subject(FIRST, UNDO, 0).await.len(), 0);
    app.post("/auth/reject-account", json!({ "token": rejection })).await.expect(204);
    confirm(&app, &link).await.expect(200);
    app.login_as(SECOND, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn of_two_accounts_that_confirm_the_same_address_at_once_one_gets_it() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    for round in 0..5 {
        let wanted = format!("wanted{round}@example.org");
        let mut links = Vec::new();
        for name in ["ann", "ben"] {
            let token = app.signed_in(&format!("{name}{round}")).await.access_token();
            request(&app, &token, &wanted).await.expect(202);
            links.push(app.mailbox.tokens(&wanted, "/confirm-email", links.len() + 1).await.pop().unwrap());
        }
        let clicks = links.iter().cycle().take(8).map(|link| confirm(&app, link));
        let mut statuses: Vec<u16> = join_all(clicks).await.iter().map(|response| response.status).collect();
        statuses.sort_unstable();
        // The loser's link is not used up.
        assert_eq!(statuses, [200, 409, 409, 409, 409, 422, 422, 422], "round {round}");
    }
}

#[tokio::test]
async fn canceling_ends_the_link() {
    let (app, token) = app_with_ann().await;
    request(&app, &token, SECOND).await.expect(202);
    let link = app.mailbox.token(SECOND, "/confirm-email").await;
    for _ in 0..2 {
        let canceled = send(&app, Method::DELETE, "/users/me/email", &token, json!({})).await.expect(204);
        assert_eq!(canceled.text, "");
    }
    assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), None));
    confirm(&app, &link).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    let canceled: i64 =
        sqlx::query_scalar("SELECT count(*) FROM users.audit_log WHERE action = 'email.change_canceled'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(canceled, 1);
    // The same address can be asked for again.
    request(&app, &token, SECOND).await.expect(202);
    let again = app.mailbox.tokens(SECOND, "/confirm-email", 2).await.remove(1);
    confirm(&app, &again).await.expect(200);
}

#[tokio::test]
async fn a_newer_request_ends_the_older_link() {
    let (app, token) = app_with_ann().await;
    request(&app, &token, SECOND).await.expect(202);
    let older = app.mailbox.token(SECOND, "/confirm-email").await;
    request(&app, &token, THIRD).await.expect(202);
    let newer = app.mailbox.token(THIRD, "/confirm-email").await;
    assert_eq!(addresses(&app, &token).await.1.as_deref(), Some(THIRD));
    confirm(&app, &older).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    assert_eq!(confirm(&app, &newer).await.expect(200).json()["email"], THIRD);
    confirm(&app, &older).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
}

#[tokio::test]
async fn the_link_and_the_pending_change_expire_after_a_day() {
    let (app, token) = app_with_ann().await;
    request(&app, &token, SECOND).await.expect(202);
    let expired = app.mailbox.token(SECOND, "/confirm-email").await;
    age_changes(&app, 24 * 60).await;
    confirm(&app, &expired).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), None));
    request(&app, &token, SECOND).await.expect(202);
    let link = app.mailbox.tokens(SECOND, "/confirm-email", 2).await.remove(1);
    age_changes(&app, 24 * 60 - 1).await;
    assert_eq!(addresses(&app, &token).await.1.as_deref(), Some(SECOND));
    confirm(&app, &link).await.expect(200);
}

#[tokio::test]
async fn the_current_address_and_malformed_ones_are_rejected() {
    let (app, token) = app_with_ann().await;
    for email in [FIRST, " ann@example.org ", "", "not an address", "a@b", "ann@example.org\u{0}"] {
        let response = request(&app, &token, email).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert!(response.json()["error"]["fields"]["email"].is_array(), "{}", response.text);
    }
    assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), None));
    for invalid in ["", "x", &"A".repeat(43), "a\0b"] {
        confirm(&app, invalid).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
        undo(&app, invalid).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    }
}

#[tokio::test]
async fn visitors_services_and_ended_sessions_cannot_change_an_address() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    request(&app, &login.access_token(), SECOND).await.expect(202);
    let cookie = format!("refresh_token={}", login.refresh_token());
    let sign_out = app.request(Method::POST, "/auth/logout").header("cookie", cookie);
    TestResponse::of(sign_out).await.expect(204);
    let service = TestUser::service(&app).token;
    for method in [Method::POST, Method::DELETE] {
        let body = json!({ "email": THIRD });
        let visitor = app.request(method.clone(), "/users/me/email").json(&body);
        TestResponse::of(visitor).await.expect_error(401, "UNAUTHENTICATED");
        let ended = send(&app, method.clone(), "/users/me/email", &login.access_token(), body.clone()).await;
        ended.expect_error(401, "UNAUTHENTICATED");
        send(&app, method, "/users/me/email", &service, body).await.expect_error(403, "FORBIDDEN");
    }
    let again = app.login("ann").await.expect(200).access_token();
    assert_eq!(addresses(&app, &again).await, (FIRST.to_owned(), Some(SECOND.to_owned())));
}

#[tokio::test]
async fn an_address_gets_three_such_mails_an_hour_whoever_asks() {
    let app = TestApp::start().await;
    let mut tokens = Vec::new();
    for name in ["ann", "ben", "cat", "dan", "eve"] {
        tokens.push(app.signed_in(name).await.access_token());
    }
    for token in &tokens {
        request(&app, token, SECOND).await.expect(202);
        assert_eq!(addresses(&app, token).await.1.as_deref(), Some(SECOND));
    }
    app.wait_until_all_sent().await;
    assert_eq!(app.mailbox.to(SECOND).len(), 3);
    // The same for the mail to the owner of a taken address.
    for token in &tokens[1..] {
        request(&app, token, FIRST).await.expect(202);
    }
    app.wait_until_all_sent().await;
    assert_eq!(app.mailbox.wait_for_subject(FIRST, IN_USE, 0).await.len(), 3);
}

#[tokio::test]
async fn a_user_can_ask_for_ten_addresses_an_hour() {
    let (app, token) = app_with_ann().await;
    for number in 0..10 {
        request(&app, &token, &format!("address{number}@example.org")).await.expect(202);
    }
    let limited = request(&app, &token, "address10@example.org").await;
    limited.expect_error(429, "RATE_LIMITED");
    assert!(!limited.header("retry-after").is_empty());
    app.wait_until_all_sent().await;
    assert_eq!(app.mailbox.to("address10@example.org").len(), 0);
}

#[tokio::test]
async fn a_reset_of_the_password_cancels_a_pending_change() {
    let (app, token) = app_with_ann().await;
    request(&app, &token, SECOND).await.expect(202);
    let link = app.mailbox.token(SECOND, "/confirm-email").await;
    app.post("/auth/forgot-password", json!({ "email": FIRST })).await.expect(202);
    reset(&app, &app.mailbox.token(FIRST, "/reset-password").await).await.expect(204);
    confirm(&app, &link).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    let token = app.login_as(FIRST, NEW_PASSWORD).await.expect(200).access_token();
    assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), None));
}

#[tokio::test]
async fn undoing_restores_the_address_ends_everything_and_mails_a_reset_link() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let other = app.login("ann").await.expect(200);
    let token = login.access_token();
    let id = app.me(&token).await.json()["id"].as_str().unwrap().to_owned();
    change(&app, &token, SECOND).await;
    let link = app.mailbox.token(FIRST, "/undo-email-change").await;
    let response = undo(&app, &link).await.expect(200);
    assert_eq!((response.json(), response.cookies().len()), (json!({ "email": FIRST }), 0));

    for session in [&login, &other] {
        app.refresh(&session.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        app.page("/timeline", &session.session()).await.expect(303);
        request(&app, &session.access_token(), THIRD).await.expect_error(401, "UNAUTHENTICATED");
    }
    for email in [FIRST, SECOND] {
        app.login_as(email, PASSWORD).await.expect_error(401, "INVALID_CREDENTIALS");
    }
    undo(&app, &link).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    let row: (String, String, String) = sqlx::query_as(
        "SELECT actor, target::text, request_id FROM users.audit_log WHERE action = 'email.change_undone'",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(row, ("address_owner".to_owned(), id, response.header("x-request-id").to_owned()));
    assert!(!schema_holds(&app, SECOND).await, "the other address is forgotten");

    let reset_link = app.mailbox.token(FIRST, "/reset-password").await;
    reset(&app, &reset_link).await.expect(204);
    let token = app.login_as(FIRST, NEW_PASSWORD).await.expect(200).access_token();
    assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), None));
    app.wait_until_all_sent().await;
    assert_eq!(app.mailbox.tokens(SECOND, "/reset-password", 0).await.len(), 0);
}

#[tokio::test]
async fn the_undo_link_works_for_a_week_and_survives_changes_of_the_password() {
    let (app, token) = app_with_ann().await;
    change(&app, &token, SECOND).await;
    let link = app.mailbox.token(FIRST, "/undo-email-change").await;
    // The thief changes the password, and resets it.
    let body = json!({ "current_password": PASSWORD, "password": "a thief was here" });
    send(&app, Method::PUT, "/users/me/password", &token, body).await.expect(200);
    app.post("/auth/forgot-password", json!({ "email": SECOND })).await.expect(202);
    reset(&app, &app.mailbox.token(SECOND, "/reset-password").await).await.expect(204);
    let thief = app.login_as(SECOND, NEW_PASSWORD).await.expect(200);
    let week = 7 * 24 * 60;
    app.age_tokens(week - 1).await;
    undo(&app, &link).await.expect(200);
    app.refresh(&thief.refresh_token()).await.expect(401);
    app.login_as(FIRST, NEW_PASSWORD).await.expect(401);
    let reset_link = app.mailbox.token(FIRST, "/reset-password").await;
    app.post("/auth/reset-password", json!({ "token": reset_link, "password": "the owner is back" })).await.expect(204);

    let token = app.login_as(FIRST, "the owner is back").await.expect(200).access_token();
    change(&app, &token, THIRD).await;
    let expired = app.mailbox.tokens(FIRST, "/undo-email-change", 2).await.remove(1);
    app.age_tokens(week).await;
    undo(&app, &expired).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    app.login_as(THIRD, "the owner is back").await.expect(200);
}

#[tokio::test]
async fn the_first_address_can_be_restored_after_a_second_change_and_ends_all_that_the_thief_has() {
    let (app, token) = app_with_ann().await;
    change(&app, &token, SECOND).await;
    change(&app, &token, THIRD).await;
    let first = app.mailbox.token(FIRST, "/undo-email-change").await;
    let second = app.mailbox.token(SECOND, "/undo-email-change").await;
    // What the thief has at the third address.
    request(&app, &token, "fourth@example.org").await.expect(202);
    let confirmation = app.mailbox.token("fourth@example.org", "/confirm-email").await;
    for path in ["/auth/forgot-password", "/auth/sign-in-link"] {
        app.post(path, json!({ "email": THIRD })).await.expect(202);
    }
    let reset_link = app.mailbox.token(THIRD, "/reset-password").await;
    let sign_in_link = app.mailbox.token(THIRD, "/sign-in-link").await;

    assert_eq!(undo(&app, &first).await.expect(200).json()["email"], FIRST);
    undo(&app, &second).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    confirm(&app, &confirmation).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    reset(&app, &reset_link).await.expect_error(422, "INVALID_RESET_TOKEN");
    let signed_in = app.post("/auth/sign-in-with-link", json!({ "token": sign_in_link })).await;
    signed_in.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    for email in [SECOND, THIRD] {
        app.post("/auth/forgot-password", json!({ "email": email })).await.expect(202);
    }
    app.wait_until_all_sent().await;
    assert_eq!(app.mailbox.tokens(SECOND, "/reset-password", 0).await.len(), 0);
    assert_eq!(app.mailbox.tokens(THIRD, "/reset-password", 0).await.len(), 1, "the one from before");
    reset(&app, &app.mailbox.token(FIRST, "/reset-password").await).await.expect(204);
    let token = app.login_as(FIRST, NEW_PASSWORD).await.expect(200).access_token();
    assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), None));
}

#[tokio::test]
async fn undoing_the_second_change_leaves_the_link_for_the_first() {
    let (app, token) = app_with_ann().await;
    change(&app, &token, SECOND).await;
    change(&app, &token, THIRD).await;
    let first = app.mailbox.token(FIRST, "/undo-email-change").await;
    let second = app.mailbox.token(SECOND, "/undo-email-change").await;
    assert_eq!(undo(&app, &second).await.expect(200).json()["email"], SECOND);
    assert_eq!(undo(&app, &first).await.expect(200).json()["email"], FIRST);
    app.mailbox.token(FIRST, "/reset-password").await;
}

#[tokio::test]
async fn of_ten_concurrent_uses_of_both_undo_links_the_first_address_is_restored_in_the_end() {
    let (app, token) = app_with_ann().await;
    change(&app, &token, SECOND).await;
    change(&app, &token, THIRD).await;
    let first = app.mailbox.token(FIRST, "/undo-email-change").await;
    let second = app.mailbox.token(SECOND, "/undo-email-change").await;
    let responses = join_all([&first, &second].into_iter().cycle().take(10).map(|link| undo(&app, link))).await;
    for (number, response) in responses.iter().enumerate() {
        assert!([200, 422].contains(&response.status), "{number}: {}", response.text);
    }
    let restored = |email: &str| {
        let body = json!({ "email": email });
        responses.iter().filter(|response| response.status == 200 && response.json() == body).count()
    };
    assert_eq!(restored(FIRST), 1);
    assert!(restored(SECOND) <= 1);
    let email: String = sqlx::query_scalar("SELECT email FROM users.users").fetch_one(&app.pool).await.unwrap();
    assert_eq!(email, FIRST);
}

#[tokio::test]
async fn undoing_deletes_an_unverified_account_that_blocks_the_old_address() {
    let (app, token) = app_with_ann().await;
    change(&app, &token, SECOND).await;
    let link = app.mailbox.token(FIRST, "/undo-email-change").await;
    let verification = register(&app, "ANN@example.org", "squatter").await;
    assert_eq!(undo(&app, &link).await.expect(200).json()["email"], FIRST);
    let names: Vec<String> = sqlx::query_scalar("SELECT username FROM users.users").fetch_all(&app.pool).await.unwrap();
    assert_eq!(names, ["ann"]);
    app.get("/profiles/squatter").await.expect_error(404, "USER_NOT_FOUND");
    app.login_as(FIRST, PASSWORD).await.expect_error(401, "INVALID_CREDENTIALS");
    let verified = app.post("/auth/verify-email", json!({ "token": verification })).await;
    verified.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    let rejected: i64 = sqlx::query_scalar("SELECT count(*) FROM users.audit_log WHERE action = 'account.rejected'")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(rejected, 1);
    reset(&app, &app.mailbox.token(FIRST, "/reset-password").await).await.expect(204);
    app.login_as(FIRST, NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn undoing_fails_without_effect_if_a_verified_account_has_the_old_address() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    change(&app, &login.access_token(), SECOND).await;
    let link = app.mailbox.token(FIRST, "/undo-email-change").await;
    register(&app, "ANN@example.org", "other").await;
    app.verify("other").await;
    for _ in 0..2 {
        undo(&app, &link).await.expect_error(409, "EMAIL_ALREADY_EXISTS");
    }
    assert_eq!(addresses(&app, &login.access_token()).await, (SECOND.to_owned(), None));
    app.refresh(&login.refresh_token()).await.expect(200);
    app.login_as(SECOND, PASSWORD).await.expect(200);
    app.login_as(FIRST, PASSWORD).await.expect(200);
    app.wait_until_all_sent().await;
    assert_eq!(app.mailbox.tokens(FIRST, "/reset-password", 0).await.len(), 0);
    // The link is not used up.
    sqlx::query("DELETE FROM users.users WHERE username = 'other'").execute(&app.pool).await.unwrap();
    undo(&app, &link).await.expect(200);
}

#[tokio::test]
async fn undoing_works_for_an_account_that_the_thief_has_asked_to_delete() {
    let (app, token) = app_with_ann().await;
    change(&app, &token, SECOND).await;
    let link = app.mailbox.token(FIRST, "/undo-email-change").await;
    send(&app, Method::POST, "/users/me/deletion", &token, json!({})).await.expect(202);
    let thief = app.login_as(SECOND, PASSWORD).await.expect(403).json();
    undo(&app, &link).await.expect(200);
    let restored = app.post("/auth/restore", json!({ "restore_token": thief["restore_token"] })).await;
    restored.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    reset(&app, &app.mailbox.token(FIRST, "/reset-password").await).await.expect(204);
    let owner = app.login_as(FIRST, NEW_PASSWORD).await.expect(403).json();
    let kept = app.post("/auth/restore", json!({ "restore_token": owner["restore_token"] })).await.expect(200);
    assert_eq!(addresses(&app, &kept.access_token()).await, (FIRST.to_owned(), None));
}

#[tokio::test]
async fn opening_the_links_uses_nothing_up_and_leaks_nothing() {
    let (app, token) = app_with_ann().await;
    let open = async |path: &str, link: &str| {
        for method in [Method::GET, Method::HEAD] {
            for _ in 0..10 {
                let request = app.request(method.clone(), &format!("{path}?token={link}"));
                let page = TestResponse::of(request.header("accept", "text/html")).await.expect(200);
                assert_eq!(page.header("referrer-policy"), "no-referrer");
                assert_eq!(page.header("cache-control"), "no-store");
                assert_eq!(page.text.contains(&format!(r#"name="token" value="{link}""#)), method == Method::GET);
            }
        }
        app.get(&format!("/auth{path}?token={link}")).await.expect_error(405, "METHOD_NOT_ALLOWED");
    };
    let submit = async |path: &str, link: &str| {
        let posted = app.submit(&format!("/auth{path}"), &[("token", link), ("_back", path)], "").await.expect(303);
        assert_eq!(posted.header("location"), path);
        app.page(path, &posted.session()).await.expect(200).text
    };
    request(&app, &token, SECOND).await.expect(202);
    let confirmation = app.mailbox.token(SECOND, "/confirm-email").await;
    open("/confirm-email", &confirmation).await;
    assert_eq!(addresses(&app, &token).await.0, FIRST);
    let page = submit("/confirm-email", &confirmation).await;
    assert!(page.contains("Your new address is in force"), "{page}");
    let page = submit("/confirm-email", &confirmation).await;
    assert!(page.contains("This link no longer works"), "{page}");

    let link = app.mailbox.token(FIRST, "/undo-email-change").await;
    open("/undo-email-change", &link).await;
    assert_eq!(addresses(&app, &token).await.0, SECOND);
    let page = submit("/undo-email-change", &link).await;
    assert!(page.contains("Your old address is back"), "{page}");
    app.mailbox.token(FIRST, "/reset-password").await;
    let page = submit("/undo-email-change", &link).await;
    assert!(page.contains("This link no longer works"), "{page}");
}

#[tokio::test]
async fn the_settings_show_the_pending_change_and_cancel_it_without_javascript() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let submit = async |fields: &[(&str, &str)]| {
        let posted = app.submit("/users/me/email", fields, &login.session()).await.expect(303);
        assert_eq!(posted.header("location"), "/settings#change-email");
        let cookies = format!("{}; {}", login.session(), posted.session());
        app.page("/settings", &cookies).await.expect(200).text
    };
    let back = ("_back", "/settings#change-email");
    let page = submit(&[("email", FIRST), ("current_password", ""), back]).await;
    assert!(page.contains("This is your address already"), "{page}");
    let page = submit(&[("email", SECOND), ("current_password", ""), back]).await;
    assert!(page.contains("We sent a link to your new address") && page.contains("waits for your confirmation"));
    let link = app.mailbox.token(SECOND, "/confirm-email").await;
    let page = submit(&[("_method", "DELETE"), back]).await;
    assert!(page.contains("The change is canceled") && !page.contains("waits for your confirmation"), "{page}");
    confirm(&app, &link).await.expect(422);
}
