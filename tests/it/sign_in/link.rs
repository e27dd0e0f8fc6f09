//! `POST /auth/sign-in-link` and `POST /auth/sign-in-with-link`: how to sign in when limits reject the password.

use futures::future::join_all;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;

/// Starts the service with Ann's verified account.
async fn app_with_ann() -> TestApp {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    // Wait for the mail first: an address that is already verified gets none.
    app.mailbox.wait_for("ann@example.org", 1).await;
    app.verify("ann").await;
    app
}

/// Waits for `count` sign-in links in Ann's mail, and returns all of them.
async fn links(app: &TestApp, count: usize) -> Vec<String> {
    // The first mail asks for verification.
    let mails = app.mailbox.wait_for("ann@example.org", count + 1).await;
    let token =
        |text: &str| text.lines().find_map(|line| line.split_once("/sign-in-link?token=")).unwrap().1.to_owned();
    mails[1..].iter().map(|mail| token(&mail.text)).collect()
}

/// Waits until all requested mail is enqueued and sent.
async fn wait_until_all_sent(app: &TestApp) {
    app.wait_for_background_work().await;
    wait_until("every mail is sent", || async { app.count("email_outbox").await == 0 }).await;
}

async fn request_link(app: &TestApp, email: &str) -> TestResponse {
    app.post("/auth/sign-in-link", json!({ "email": email })).await
}

async fn sign_in(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/sign-in-with-link", json!({ "token": token })).await
}

/// Makes all links `minutes` older.
async fn age_links(app: &TestApp, minutes: i32) {
    sqlx::query(
        "UPDATE users.one_time_tokens SET created_at = earlier(created_at, make_interval(mins => $1)),
                expires_at = earlier(expires_at, make_interval(mins => $1))",
    )
    .bind(minutes)
    .execute(&app.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn the_emailed_link_signs_in_once() {
    let app = app_with_ann().await;
    let requested = request_link(&app, " Ann@Example.org ").await.expect(202);
    assert_eq!(requested.text, "");
    let token = links(&app, 1).await.remove(0);
    let response = sign_in(&app, &token).await.expect(200);
    app.me(&response.access_token()).await.expect(200);
    assert!(!response.cookie("device").value().is_empty());
    app.page("/timeline", &response.session()).await.expect(200);
    app.refresh(&response.refresh_token()).await.expect(200);
    sign_in(&app, &token).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
}

#[tokio::test]
async fn opening_the_page_neither_uses_nor_leaks_the_token() {
    let app = app_with_ann().await;
    request_link(&app, "ann@example.org").await.expect(202);
    let token = links(&app, 1).await.remove(0);
    for _ in 0..2 {
        let page = app.page(&format!("/sign-in-link?token={token}"), "").await.expect(200);
        assert!(page.text.contains("Sign in to Kith"), "{}", page.text);
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    // Without JavaScript.
    let fields = [("token", token.as_str()), ("_back", "/sign-in-link"), ("_next", "/timeline")];
    let posted = app.submit("/auth/sign-in-with-link", &fields, "").await.expect(303);
    assert_eq!(posted.header("location"), "/timeline");
    app.page("/timeline", &posted.session()).await.expect(200);
    let again = app.submit("/auth/sign-in-with-link", &fields, "").await.expect(303);
    assert_eq!(again.header("location"), "/sign-in-link");
    let page = app.page("/sign-in-link", &again.session()).await.expect(200);
    assert!(page.text.contains("This link no longer works"), "{}", page.text);
}

#[tokio::test]
async fn every_address_gets_the_same_response_and_only_verified_accounts_get_mail() {
    let app = app_with_ann().await;
    app.register("new").await.expect(201);
    let mut seen = Vec::new();
    for email in ["unknown@example.org", "new@example.org", "ann@example.org", "ann@example.org"] {
        let response = request_link(&app, email).await.expect(202);
        let mut names: Vec<String> = response.headers.keys().map(ToString::to_string).collect();
        names.sort();
        seen.push((names, response.text));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    wait_until_all_sent(&app).await;
    assert_eq!(links(&app, 1).await.len(), 1);
    assert_eq!(app.mailbox.wait_for("new@example.org", 1).await.len(), 1, "only the verification mail");
    assert_eq!(app.mailbox.wait_for("unknown@example.org", 0).await.len(), 0);
    request_link(&app, "not an address").await.expect_error(422, "VALIDATION_FAILED");
}

#[tokio::test]
async fn repeated_requests_send_one_mail_in_ten_minutes_and_earlier_links_still_work() {
    let app = app_with_ann().await;
    join_all((0..15).map(|_| request_link(&app, "ann@example.org"))).await;
    wait_until_all_sent(&app).await;
    let sent = links(&app, 1).await;
    assert_eq!(sent.len(), 1);
    age_links(&app, 11).await;
    // Requests by others do not invalidate the owner's last link.
    request_link(&app, "ann@example.org").await.expect(202);
    assert_eq!(links(&app, 2).await.len(), 2);
    sign_in(&app, &sent[0]).await.expect(200);
}

#[tokio::test]
async fn a_link_expires_after_fifteen_minutes_and_invalid_tokens_are_rejected() {
    let app = app_with_ann().await;
    request_link(&app, "ann@example.org").await.expect(202);
    let token = links(&app, 1).await.remove(0);
    age_links(&app, 15).await;
    sign_in(&app, &token).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    for nonsense in ["", "x", "\u{0}", &"A".repeat(43)] {
        sign_in(&app, nonsense).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    }
}

#[tokio::test]
async fn concurrent_uses_of_one_link_sign_in_once() {
    let app = app_with_ann().await;
    request_link(&app, "ann@example.org").await.expect(202);
    let token = links(&app, 1).await.remove(0);
    let responses = join_all((0..10).map(|_| sign_in(&app, &token))).await;
    assert_eq!(responses.iter().filter(|response| response.status == 200).count(), 1);
    assert_eq!(app.count("sign_ins").await, 1);
}
