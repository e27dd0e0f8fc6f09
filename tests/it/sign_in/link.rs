//! `POST /auth/sign-in-link` and `POST /auth/sign-in-with-link`: the way in when limits refuse the password.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::outbox::until;
use crate::support::response::TestResponse;

async fn anns() -> TestApp {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    // First the mail: an address that is verified by then gets none.
    app.mailbox.wait_for("ann@example.org", 1).await;
    app.verify("ann").await;
    app
}

/// The links that Ann was mailed, once there are so many.
async fn links(app: &TestApp, count: usize) -> Vec<String> {
    // The first mail asks for verification.
    let mails = app.mailbox.wait_for("ann@example.org", count + 1).await;
    let token =
        |text: &str| text.lines().find_map(|line| line.split_once("/sign-in-link?token=")).unwrap().1.to_owned();
    mails[1..].iter().map(|mail| token(&mail.text)).collect()
}

/// Waits until every mail that was asked for is sent, and a little longer.
async fn all_sent(app: &TestApp) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    until("every mail is sent", || async { app.count("email_outbox").await == 0 }).await;
}

async fn ask(app: &TestApp, email: &str) -> TestResponse {
    app.post("/auth/sign-in-link", json!({ "email": email })).await
}

async fn sign_in(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/sign-in-with-link", json!({ "token": token })).await
}

/// Makes whatever has happened so many minutes older.
async fn minutes_pass(app: &TestApp, minutes: i32) {
    sqlx::query(
        "UPDATE users.one_time_tokens SET created_at = created_at - make_interval(mins => $1),
                expires_at = expires_at - make_interval(mins => $1)",
    )
    .bind(minutes)
    .execute(&app.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn the_link_in_the_mail_signs_in_once() {
    let app = anns().await;
    let asked = ask(&app, " Ann@Example.org ").await.expect(202);
    assert_eq!(asked.text, "");
    let token = links(&app, 1).await.remove(0);
    let answer = sign_in(&app, &token).await.expect(200);
    app.me(&answer.access_token()).await.expect(200);
    assert!(!answer.cookie("device").value().is_empty());
    app.page("/timeline", &answer.session()).await.expect(200);
    app.refresh(&answer.refresh_token()).await.expect(200);
    sign_in(&app, &token).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
}

#[tokio::test]
async fn opening_the_page_uses_nothing_up_and_shows_no_token_to_others() {
    let app = anns().await;
    ask(&app, "ann@example.org").await.expect(202);
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
    assert!(page.text.contains("This link doesn’t work any more"), "{}", page.text);
}

#[tokio::test]
async fn every_address_gets_the_same_answer_and_only_verified_accounts_a_mail() {
    let app = anns().await;
    app.register("new").await.expect(201);
    let mut seen = Vec::new();
    for email in ["nobody@example.org", "new@example.org", "ann@example.org", "ann@example.org"] {
        let answer = ask(&app, email).await.expect(202);
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        seen.push((names, answer.text));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    all_sent(&app).await;
    assert_eq!(links(&app, 1).await.len(), 1);
    assert_eq!(app.mailbox.wait_for("new@example.org", 1).await.len(), 1, "the one that asks for verification");
    assert_eq!(app.mailbox.wait_for("nobody@example.org", 0).await.len(), 0);
    ask(&app, "not an address").await.expect_error(422, "VALIDATION_FAILED");
}

#[tokio::test]
async fn asking_again_and_again_sends_one_mail_in_ten_minutes_and_the_last_link_works() {
    let app = anns().await;
    join_all((0..15).map(|_| ask(&app, "ann@example.org"))).await;
    all_sent(&app).await;
    let sent = links(&app, 1).await;
    assert_eq!(sent.len(), 1);
    minutes_pass(&app, 11).await;
    // Others who ask in the owner's name do not make the owner's last link useless.
    ask(&app, "ann@example.org").await.expect(202);
    assert_eq!(links(&app, 2).await.len(), 2);
    sign_in(&app, &sent[0]).await.expect(200);
}

#[tokio::test]
async fn a_link_expires_after_fifteen_minutes_and_ends_with_the_account() {
    let app = anns().await;
    ask(&app, "ann@example.org").await.expect(202);
    let token = links(&app, 1).await.remove(0);
    minutes_pass(&app, 15).await;
    sign_in(&app, &token).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    for nonsense in ["", "x", "\u{0}", &"A".repeat(43)] {
        sign_in(&app, nonsense).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    }
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_is_signed_in() {
    let app = anns().await;
    ask(&app, "ann@example.org").await.expect(202);
    let token = links(&app, 1).await.remove(0);
    let answers = join_all((0..10).map(|_| sign_in(&app, &token))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(app.count("sign_ins").await, 1);
}
