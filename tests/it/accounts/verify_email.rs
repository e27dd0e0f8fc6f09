//! `POST /auth/verify-email` and `POST /auth/resend-verification`: USER-BE-001.2

use std::time::Duration;

use futures::future::join_all;
use kith::domain::accounts::verification::resend;
use serde_json::json;

use crate::support::app::{TestApp, email};
use crate::support::database::{database, lock_user};
use crate::support::log::Log;
use crate::support::mail::Mail;
use crate::support::outbox::{Outbox, wait_until};

/// The token in the link of the `count`th mail to Ann.
async fn mailed_token(app: &TestApp, count: usize) -> String {
    let mails = app.mailbox.wait_for("ann@example.org", count).await;
    assert_eq!(mails.len(), count);
    token(&mails[count - 1], app)
}

fn token(mail: &Mail, app: &TestApp) -> String {
    let start = format!("{}/verify-email?token=", app.origin);
    let (_, rest) = mail.text.split_once(&start).unwrap_or_else(|| panic!("no link: {}", mail.text));
    rest.split_whitespace().next().unwrap().to_owned()
}

async fn is_verified(app: &TestApp) -> bool {
    sqlx::query_scalar("SELECT email_verified FROM users.users").fetch_one(&app.pool).await.unwrap()
}

#[tokio::test]
async fn user_be_001_2_s1_the_emailed_link_verifies_the_account() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let token = mailed_token(&app, 1).await;
    assert_eq!(token.len(), 64);
    assert!(!is_verified(&app).await);

    // Mail scanners open links, which must not change anything.
    app.page(&format!("/verify-email?token={token}"), "").await.expect(200);
    assert!(!is_verified(&app).await);

    let response = app.post("/auth/verify-email", json!({ "token": token })).await.expect(200);
    assert_eq!(response.json(), json!({ "email_verified": true }));
    assert!(is_verified(&app).await);
    app.login("ann").await.expect(200);
    // A second click succeeds too.
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(200);
}

#[tokio::test]
async fn unknown_tokens_are_rejected() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    for token in [json!("x"), json!(""), json!("A".repeat(43))] {
        app.post("/auth/verify-email", json!({ "token": token })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    }
    app.post("/auth/verify-email", json!({})).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    assert!(!is_verified(&app).await);
}

#[tokio::test]
async fn a_link_is_valid_for_a_day() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let token = mailed_token(&app, 1).await;
    sqlx::query("UPDATE users.email_verifications SET expires_at = earlier(expires_at, interval '24 hours')")
        .execute(&app.pool)
        .await
        .unwrap();
    app.post("/auth/verify-email", json!({ "token": token })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    assert!(!is_verified(&app).await);
}

async fn request_resend(app: &TestApp, email: &str) {
    let response = app.post("/auth/resend-verification", json!({ "email": email })).await.expect(202);
    assert_eq!(response.text, "");
}

/// Makes the last request for each verification mail `seconds` older.
async fn age_verifications(app: &TestApp, seconds: i32) {
    sqlx::query("UPDATE users.email_verifications SET created_at = earlier(created_at, make_interval(secs => $1))")
        .bind(seconds)
        .execute(&app.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn resending_responds_the_same_to_every_address_and_invalidates_the_older_link() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let old = mailed_token(&app, 1).await;
    for email in ["ann@example.org", "unknown@example.org"] {
        request_resend(&app, email).await;
    }
    app.post("/auth/resend-verification", json!({ "email": "x" })).await.expect_error(422, "VALIDATION_FAILED");
    app.wait_for_background_work().await;
    // The last mail was less than a minute old.
    assert_eq!(app.mailbox.wait_for("ann@example.org", 1).await.len(), 1);

    age_verifications(&app, 61).await;
    request_resend(&app, "ANN@example.org").await;
    let new = mailed_token(&app, 2).await;
    app.post("/auth/verify-email", json!({ "token": old })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    app.post("/auth/verify-email", json!({ "token": new })).await.expect(200);
    app.login("ann").await.expect(200);
}

#[tokio::test]
async fn the_wait_between_mails_grows_so_that_no_mailbox_is_flooded() {
    let app = TestApp::start().await;
    let outbox = Outbox::of(&app.pool);
    let ann = outbox.register("ann").await;
    let database = database(&app.pool).await;
    for wait in [60, 300, 3600, 21_600, 21_600] {
        age_verifications(&app, wait - 5).await;
        assert!(!resend(&database, &email("ann"), 7).await.unwrap(), "5 s before the wait of {wait} s ends");
        age_verifications(&app, 6).await;
        assert!(resend(&database, &email("ann"), 7).await.unwrap(), "after {wait} s");
    }
    outbox.row(ann).await.expect("a mail to be sent");
    assert_eq!(app.count("email_verifications").await, 1);
}

#[tokio::test]
async fn twenty_concurrent_requests_send_one_mail() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let other = TestApp::start_another(&app, &[("RATE_LIMITS", "off")]).await;
    app.register("ann").await.expect(201);
    wait_until("the mail is sent", async || app.count("email_outbox").await == 0).await;
    age_verifications(&app, 61).await;
    // All twenty find the account locked, and no mail from the last minute.
    let mut lock = app.pool.begin().await.unwrap();
    lock_user(&mut lock, "ann").await;
    let requests =
        join_all((0..20).map(|number| request_resend(if number % 2 == 0 { &app } else { &other }, "ann@example.org")));
    tokio::join!(requests, async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        lock.rollback().await.unwrap();
    });
    let mailed = || app.mailbox.to("ann@example.org").len() + other.mailbox.to("ann@example.org").len();
    wait_until("the mail is sent", async || mailed() == 2).await;
    // The concurrent requests send no further mail.
    tokio::time::sleep(Duration::from_secs(1)).await;
    wait_until("the outbox is empty", async || app.count("email_outbox").await == 0).await;
    assert_eq!(mailed(), 2);
}

#[tokio::test]
async fn the_response_to_a_resend_does_not_wait_for_the_account() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.mailbox.wait_for("ann@example.org", 1).await;
    age_verifications(&app, 61).await;
    let mut lock = app.pool.begin().await.unwrap();
    lock_user(&mut lock, "ann").await;
    // The response time must not reveal that there is mail to send.
    for _ in 0..20 {
        request_resend(&app, "ann@example.org").await;
    }
    // Requests that wait for one account do not block the database for others.
    app.get("/health").await.expect(200);
    lock.rollback().await.unwrap();
    app.mailbox.wait_for("ann@example.org", 2).await;
}

#[tokio::test]
async fn concurrent_clicks_and_resends_never_deadlock() {
    let log = Log::capture();
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    for round in 0..40 {
        let email = format!("user{round}@example.org");
        app.register(&format!("user{round}")).await.expect(201);
        let token = token(&app.mailbox.wait_for(&email, 1).await[0], &app);
        age_verifications(&app, 61).await;
        let clicks = join_all((0..4).map(|_| app.post("/auth/verify-email", json!({ "token": token }))));
        let resends = join_all((0..4).map(|_| request_resend(&app, &email)));
        let (clicks, _) = tokio::join!(clicks, resends);
        for click in clicks {
            assert!([200, 422].contains(&click.status), "{}: {}", click.status, click.text);
        }
    }
    assert_eq!(log.lines("ERROR", ""), [""; 0], "a deadlock, perhaps in background work");
}
