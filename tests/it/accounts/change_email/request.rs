//! `/users/me/email`: asking for a new address, and canceling the change.

use reqwest::Method;
use serde_json::json;

use super::support::{
    FIRST, REQUESTED, SECOND, THIRD, addresses, app_with_ann, confirm, register, request, send, undo,
};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;
use crate::support::user::TestUser;

/// The subject of a mail.
const IN_USE: &str = "Someone tried to use your email address";

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
async fn an_address_gets_three_such_mails_an_hour_from_all_accounts() {
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
    assert!(page.contains("This is already your address"), "{page}");
    let page = submit(&[("email", SECOND), ("current_password", ""), back]).await;
    assert!(page.contains("We sent a link to your new address") && page.contains("is waiting for you to confirm it"));
    let link = app.mailbox.token(SECOND, "/confirm-email").await;
    let page = submit(&[("_method", "DELETE"), back]).await;
    assert!(page.contains("The change is canceled") && !page.contains("is waiting for you to confirm it"), "{page}");
    confirm(&app, &link).await.expect(422);
}
