//! `POST /auth/verify-email` and `POST /auth/resend-verification`: USER-BE-001.2

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::mail::Mail;

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

#[tokio::test]
async fn resending_answers_alike_for_everybody_and_makes_the_older_link_worthless() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let old = mailed_token(&app, 1).await;
    for email in ["ann@example.org", "nobody@example.org"] {
        let answer = app.post("/auth/resend-verification", json!({ "email": email })).await.expect(202);
        assert_eq!(answer.text, "");
    }
    // At most one a minute.
    assert_eq!(app.count("email_verifications").await, 1);
    assert_eq!(app.count("email_outbox").await, 0);
    app.post("/auth/resend-verification", json!({ "email": "x" })).await.expect_error(422, "VALIDATION_FAILED");

    sqlx::query("UPDATE users.email_verifications SET created_at = created_at - interval '61 seconds'")
        .execute(&app.pool)
        .await
        .unwrap();
    app.post("/auth/resend-verification", json!({ "email": "ANN@example.org" })).await.expect(202);
    let new = mailed_token(&app, 2).await;
    app.post("/auth/verify-email", json!({ "token": old })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    app.post("/auth/verify-email", json!({ "token": new })).await.expect(200);
    app.login("ann").await.expect(200);
}
