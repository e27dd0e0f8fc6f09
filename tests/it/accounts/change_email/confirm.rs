//! `POST /auth/confirm-email`: a link to the new address puts it in force.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::support::{
    FIRST, NEW_PASSWORD, REQUESTED, SECOND, addresses, app_with_ann, change, confirm, register, request, reset,
};
use crate::accounts::reject_account::schema_holds;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::mail::Mail;
use crate::support::outbox::wait_until;
use crate::support::provider::{Behavior, OK, Provider};
use crate::support::response::TestResponse;

/// The subject of a mail.
const UNDO: &str = "Your email address was changed";

/// Makes all pending changes and their links `minutes` older.
async fn age_changes(app: &TestApp, minutes: i32) {
    app.age_tokens(minutes).await;
    let older = "UPDATE users.users SET pending_email_expires_at = earlier(pending_email_expires_at, make_interval(mins => $1))";
    sqlx::query(older).bind(minutes).execute(&app.pool).await.unwrap();
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
async fn an_address_that_is_never_confirmed_is_forgotten() {
    let (app, token) = app_with_ann().await;
    request(&app, &token, SECOND).await.expect(202);
    app.mailbox.token(SECOND, "/confirm-email").await;
    app.wait_until_all_sent().await;
    age_changes(&app, 24 * 60 - 1).await;
    app.sweep().await;
    assert_eq!(addresses(&app, &token).await.1.as_deref(), Some(SECOND));
    age_changes(&app, 2).await;
    app.sweep().await;
    let pending = "SELECT count(*) FROM users.users WHERE pending_email IS NOT NULL";
    assert_eq!(sqlx::query_scalar::<_, i64>(pending).fetch_one(&app.pool).await.unwrap(), 0);
    assert_eq!(addresses(&app, &token).await, (FIRST.to_owned(), None));
    // Its expired link is kept for a day more.
    app.age_tokens(24 * 60).await;
    app.sweep().await;
    assert!(!schema_holds(&app, SECOND).await);
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
    assert!(page.contains("Your email address was changed"), "{page}");
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
