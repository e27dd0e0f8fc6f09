//! `POST /auth/restore`: only the password leads to the token that restores an account, and the token works once.

use futures::future::join_all;
use kith::base::random;
use kith::model::timestamp::Timestamp;
use serde_json::json;

use super::support::{delete, number, restore, restore_token, texts};
use crate::accounts::reject_account::schema_holds;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::user::test_user;

#[tokio::test]
async fn only_the_right_password_reveals_the_deletion_and_offers_to_undo_it() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    delete(&app, &ann).await.expect(202);
    let response = app.login("ann").await.expect(403);
    let body = response.json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["error", "restore_token"]);
    assert_eq!(body["error"]["code"], "ACCOUNT_PENDING_DELETION");
    assert!(body["error"]["message"].as_str().unwrap().starts_with("This account is about to be deleted"), "{body}");
    let token = body["restore_token"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 64);
    assert!(response.cookies().iter().all(|cookie| cookie.name() == "__Host-session"), "{:?}", response.headers);
    assert!(!schema_holds(&app, &token).await, "it is stored unhashed");

    let wrong = app.post("/auth/login", json!({ "email": "ann@example.org", "password": "mistaken pass" })).await;
    let unknown = app.post("/auth/login", json!({ "email": "eve@example.org", "password": "mistaken pass" })).await;
    wrong.expect_error(401, "INVALID_CREDENTIALS");
    assert_eq!((&wrong.text, wrong.cookies().len()), (&unknown.text, 0));
}

#[tokio::test]
async fn a_restore_token_works_once_for_ten_minutes_and_for_nothing_else() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    delete(&app, &ann).await.expect(202);
    for other in ["x", "", "a\0b", &"A".repeat(43)] {
        restore(&app, other).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    }
    let expired = restore_token(&app, "ann").await;
    app.run("UPDATE users.one_time_tokens SET expires_at = earlier(expires_at, interval '599 seconds')").await;
    let (second, last) = (restore_token(&app, "ann").await, restore_token(&app, "ann").await);
    for (path, body, code) in [
        ("/auth/sign-in-with-link", json!({ "token": last }), "INVALID_SIGN_IN_TOKEN"),
        ("/auth/verify-email", json!({ "token": last }), "INVALID_VERIFICATION_TOKEN"),
        ("/auth/confirm-email", json!({ "token": last }), "INVALID_VERIFICATION_TOKEN"),
        ("/auth/reset-password", json!({ "token": last, "password": "a quiet river runs" }), "INVALID_RESET_TOKEN"),
    ] {
        app.post(path, body).await.expect_error(422, code);
    }
    app.get(&format!("/auth/restore?restore_token={last}")).await.expect_error(405, "METHOD_NOT_ALLOWED");
    app.run("UPDATE users.one_time_tokens SET expires_at = earlier(expires_at, interval '1 second')").await;
    restore(&app, &expired).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");

    let responses = join_all((0..8).map(|_| restore(&app, &last))).await;
    let restored: Vec<_> = responses.iter().filter(|response| response.status == 200).collect();
    assert_eq!(restored.len(), 1);
    assert!(responses.iter().all(|response| response.status == 200 || response.code() == "INVALID_SIGN_IN_TOKEN"));
    app.me(&restored[0].access_token()).await.expect(200);
    app.page("/timeline", &restored[0].session()).await.expect(200);
    app.refresh(&restored[0].refresh_token()).await.expect(200);
    assert_eq!(app.count("sign_ins").await, 2, "the one that ended and the new one");
    // The tokens of earlier attempts end, too.
    restore(&app, &second).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    app.login("ann").await.expect(200);
}

/// Panics if `text` contains a token that restores an account.
async fn expect_no_restore_token(app: &TestApp, text: &str) {
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT token_hash FROM users.one_time_tokens WHERE purpose = 'restore_account'")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert!(!hashes.is_empty());
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_') {
        let token = random::decode_owned(word);
        assert!(!token.is_some_and(|(_, token)| hashes.contains(&random::sha256(&token))), "{word}: {text}");
    }
}

#[tokio::test]
async fn plain_forms_delete_and_restore_the_account_and_never_contain_the_token() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let fields = [("current_password", PASSWORD), ("_back", "/settings"), ("_next", "/account-deleted")];
    let deleted = app.submit("/users/me/deletion", &fields, &login.session()).await.expect(303);
    assert_eq!(deleted.header("location"), "/account-deleted");
    let page = app.page("/account-deleted", "").await.expect(200);
    assert!(page.text.contains("Your account is hidden now"), "{}", page.text);

    let typed = [
        ("email", "ann@example.org"),
        ("password", PASSWORD),
        ("_back", "/login?next=/profile"),
        ("_next", "/profile"),
    ];
    let posted = app.submit("/auth/login", &typed, "").await.expect(303);
    assert_eq!(posted.header("location"), "/login?next=/profile");
    expect_no_restore_token(&app, &format!("{:?} {}", posted.headers, posted.text)).await;
    expect_no_restore_token(&app, &texts(&app, "SELECT t::text FROM users.flashes t").await.join(" ")).await;
    expect_no_restore_token(&app, &texts(&app, "SELECT t::text FROM users.sessions t").await.join(" ")).await;
    let page = app.page("/login?next=/profile", &posted.session()).await.expect(200);
    assert!(page.text.contains("This account is about to be deleted"), "{}", page.text);
    assert!(page.text.contains("Keep my account"), "{}", page.text);
    expect_no_restore_token(&app, &page.text).await;
    let form = page.text.split("<form").find(|form| form.contains(r#"action="/auth/restore""#)).unwrap();
    for hidden in
        [r#"name="restore_token" value="""#, r#"name="_back" value="/login""#, r#"name="_next" value="/profile""#]
    {
        assert!(form.contains(hidden), "{hidden}: {form}");
    }
    // Another browser has no token.
    let fields = [("restore_token", ""), ("_back", "/login"), ("_next", "/profile")];
    let elsewhere = app.submit("/auth/restore", &fields, "").await.expect(303);
    assert_eq!(elsewhere.header("location"), "/login");
    app.get("/profiles/ann").await.expect(404);

    let session = posted.cookie("__Host-session").stripped().to_string();
    let restored = app.submit("/auth/restore", &fields, &session).await.expect(303);
    assert_eq!(restored.header("location"), "/profile");
    assert_ne!(restored.cookie("__Host-session").value(), posted.cookie("__Host-session").value());
    app.page("/profile", &restored.session()).await.expect(200);
    app.get("/profiles/ann").await.expect(200);
    app.refresh(&restored.refresh_token()).await.expect(200);
    // The session before the restoration is of no use.
    app.page("/profile", &session).await.expect(303);
    let again = app.submit("/auth/restore", &fields, &session).await.expect(303);
    assert_eq!(again.header("location"), "/login");
    let page = app.page("/login", &again.session()).await.expect(200);
    assert!(page.text.contains("Sign in again to keep your account"), "{}", page.text);
    assert_eq!(number(&app, "SELECT count(*) FROM users.sessions WHERE data ? 'restore_token'").await, 0);
}

#[tokio::test]
async fn a_sign_in_link_does_not_open_an_account_that_is_about_to_be_deleted() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    delete(&app, &ann).await.expect(202);
    app.post("/auth/sign-in-link", json!({ "email": "ann@example.org" })).await.expect(202);
    app.wait_for_background_work().await;
    assert!(app.mailbox.to("ann@example.org").iter().all(|mail| !mail.text.contains("/sign-in-link")));
    app.get("/profiles/ann").await.expect(404);
}

#[tokio::test]
async fn a_reset_changes_the_password_and_leaves_the_deletion_pending() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let deletes_at = delete(&app, &ann).await.expect(202).json()["deletes_at"].clone();
    let earlier = restore_token(&app, "ann").await;
    app.post("/auth/forgot-password", json!({ "email": "ann@example.org" })).await.expect(202);
    let token = app.mailbox.token("ann@example.org", "/reset-password").await;
    let password = "a quiet river runs";
    app.post("/auth/reset-password", json!({ "token": token, "password": password })).await.expect(204);
    app.get("/profiles/ann").await.expect_error(404, "USER_NOT_FOUND");
    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    restore(&app, &earlier).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    let stored: Timestamp =
        sqlx::query_scalar("SELECT deletes_at FROM users.users").fetch_one(&app.pool).await.unwrap();
    assert_eq!(json!(stored), deletes_at);
    let login = app.post("/auth/login", json!({ "email": "ann@example.org", "password": password })).await.expect(403);
    assert_eq!(login.json()["error"]["code"], "ACCOUNT_PENDING_DELETION");
    restore(&app, login.json()["restore_token"].as_str().unwrap()).await.expect(200);
    app.get("/profiles/ann").await.expect(200);
}
