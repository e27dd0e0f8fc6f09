//! `POST /auth/undo-email-change`: taking an account back after someone else changed its address.

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::support::{
    FIRST, NEW_PASSWORD, SECOND, THIRD, addresses, app_with_ann, change, confirm, register, request, reset, send, undo,
};
use crate::accounts::reject_account::schema_holds;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::database::delete_user;

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

    let notices = app.mailbox.wait_for_subject(FIRST, "Your old email address was restored", 1).await;
    assert_eq!(notices.len(), 1);
    assert!(notices[0].text.contains("The password no longer works, and every device was signed out."));
    let reset_link = app.mailbox.token(FIRST, "/reset-password").await;
    let mails = app.mailbox.to(FIRST);
    let mail = mails.iter().find(|mail| mail.text.contains(&reset_link)).unwrap();
    assert!(!mail.text.contains("your password still works"), "{}", mail.text);
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
    let other = sqlx::query_scalar("SELECT id FROM users.users WHERE username = 'other'");
    delete_user(&app.pool, other.fetch_one(&app.pool).await.unwrap()).await.unwrap();
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
