//! `POST /auth/verify-email` and `POST /auth/resend-verification`: USER-BE-001.2

use std::time::Duration;

use futures::future::join_all;
use kith::domain::accounts::verification::resend;
use serde_json::json;

use crate::support::app::{TestApp, email};
use crate::support::database::database;
use crate::support::log::Log;
use crate::support::mail::Mail;
use crate::support::outbox::{Outbox, until};

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
async fn user_be_001_2_s1_the_mailed_link_verifies_the_account() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let token = mailed_token(&app, 1).await;
    assert_eq!(token.len(), 43);
    assert!(!is_verified(&app).await);

    // Mail scanners open links; that changes nothing.
    app.page(&format!("/verify-email?token={token}"), "").await.expect(200);
    assert!(!is_verified(&app).await);

    let answer = app.post("/auth/verify-email", json!({ "token": token })).await.expect(200);
    assert_eq!(answer.json(), json!({ "email_verified": true }));
    assert!(is_verified(&app).await);
    app.login("ann").await.expect(200);
    // The second click is friendly.
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(200);
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    for token in [json!("x"), json!(""), json!("A".repeat(43))] {
        app.post("/auth/verify-email", json!({ "token": token })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    }
    app.post("/auth/verify-email", json!({})).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    assert!(!is_verified(&app).await);
}

#[tokio::test]
async fn a_link_is_good_for_a_day() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let token = mailed_token(&app, 1).await;
    sqlx::query("UPDATE users.email_verifications SET expires_at = expires_at - interval '24 hours'")
        .execute(&app.pool)
        .await
        .unwrap();
    app.post("/auth/verify-email", json!({ "token": token })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    assert!(!is_verified(&app).await);
}

async fn ask(app: &TestApp, email: &str) {
    let answer = app.post("/auth/resend-verification", json!({ "email": email })).await.expect(202);
    assert_eq!(answer.text, "");
}

/// Lets so many seconds pass since the last mail to Ann was asked for.
async fn later(app: &TestApp, seconds: i32) {
    sqlx::query("UPDATE users.email_verifications SET created_at = created_at - make_interval(secs => $1)")
        .bind(seconds)
        .execute(&app.pool)
        .await
        .unwrap();
}

/// Waits for the work that follows the answers so far. It is done in turns: when later work is, so is that.
async fn settled(app: &TestApp) {
    for name in ["one", "two", "three", "four"].map(|name| format!("{name}{}", fastrand::u32(..))) {
        app.register(&name).await.expect(201);
        app.mailbox.wait_for(&name, 1).await;
        later(app, 61).await;
        ask(app, &format!("{name}@example.org")).await;
        app.mailbox.wait_for(&name, 2).await;
    }
}

#[tokio::test]
async fn resending_answers_alike_for_everybody_and_makes_the_older_link_worthless() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let old = mailed_token(&app, 1).await;
    for email in ["ann@example.org", "nobody@example.org"] {
        ask(&app, email).await;
    }
    app.post("/auth/resend-verification", json!({ "email": "x" })).await.expect_error(422, "VALIDATION_FAILED");
    settled(&app).await;
    // The last mail was less than a minute old.
    assert_eq!(app.mailbox.wait_for("ann@example.org", 1).await.len(), 1);

    later(&app, 61).await;
    ask(&app, "ANN@example.org").await;
    let new = mailed_token(&app, 2).await;
    app.post("/auth/verify-email", json!({ "token": old })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    app.post("/auth/verify-email", json!({ "token": new })).await.expect(200);
    app.login("ann").await.expect(200);
}

#[tokio::test]
async fn the_wait_from_mail_to_mail_grows_so_that_no_mailbox_is_flooded() {
    let app = TestApp::start().await;
    let outbox = Outbox::of(&app.pool);
    let ann = outbox.register("ann").await;
    let database = database(&app.pool).await;
    for wait in [60, 300, 3600, 21_600, 21_600] {
        later(&app, wait - 5).await;
        assert!(!resend(&database, &email("ann"), 7).await.unwrap(), "5 s before {wait} s are over");
        later(&app, 6).await;
        assert!(resend(&database, &email("ann"), 7).await.unwrap(), "after {wait} s");
    }
    outbox.row(ann).await.expect("a mail to be sent");
    assert_eq!(app.count("email_verifications").await, 1);
}

#[tokio::test]
async fn twenty_asks_at_once_send_one_mail() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let other = TestApp::beside(&app, &[("RATE_LIMITS", "off")]).await;
    app.register("ann").await.expect(201);
    until("sending", async || app.count("email_outbox").await == 0).await;
    later(&app, 61).await;
    // All twenty find the account busy, and no mail younger than a minute.
    let mut lock = app.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM users.users FOR UPDATE").execute(&mut *lock).await.unwrap();
    let asks = join_all((0..20).map(|number| ask(if number % 2 == 0 { &app } else { &other }, "ann@example.org")));
    tokio::join!(asks, async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        lock.rollback().await.unwrap();
    });
    let mailed = || app.mailbox.to("ann@example.org").len() + other.mailbox.to("ann@example.org").len();
    until("sending", async || mailed() == 2).await;
    // Nothing that was asked for at the same time follows.
    tokio::time::sleep(Duration::from_secs(1)).await;
    until("the end", async || app.count("email_outbox").await == 0).await;
    assert_eq!(mailed(), 2);
}

#[tokio::test]
async fn the_answer_to_an_ask_does_not_wait_for_the_account() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.mailbox.wait_for("ann@example.org", 1).await;
    later(&app, 61).await;
    let mut lock = app.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM users.users FOR UPDATE").execute(&mut *lock).await.unwrap();
    // A caller who measures the time must not learn that there is work to do.
    for _ in 0..20 {
        ask(&app, "ann@example.org").await;
    }
    // And those who wait for one account leave the database to the others.
    app.get("/health").await.expect(200);
    lock.rollback().await.unwrap();
    app.mailbox.wait_for("ann@example.org", 2).await;
}

#[tokio::test]
async fn clicks_and_asks_at_the_same_time_never_block_each_other_for_good() {
    let log = Log::capture();
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    for round in 0..40 {
        let email = format!("user{round}@example.org");
        app.register(&format!("user{round}")).await.expect(201);
        let token = token(&app.mailbox.wait_for(&email, 1).await[0], &app);
        later(&app, 61).await;
        let clicks = join_all((0..4).map(|_| app.post("/auth/verify-email", json!({ "token": token }))));
        let asks = join_all((0..4).map(|_| ask(&app, &email)));
        let (clicks, _) = tokio::join!(clicks, asks);
        for click in clicks {
            assert!([200, 422].contains(&click.status), "{}: {}", click.status, click.text);
        }
    }
    assert_eq!(log.lines("ERROR", ""), [""; 0], "a deadlock, in the work after an answer perhaps");
}
