//! `POST /users/me/deletion`: who may ask, what ends at once, and how it is told and recorded.

use kith::model::timestamp::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::support::{delete, keep, listed, restore, restore_token};
use crate::accounts::reject_account::schema_holds;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

#[tokio::test]
async fn a_request_is_accepted_and_names_the_day_after_the_grace_period() {
    for (variables, days) in [(&[][..], 14), (&[("DELETION_GRACE_DAYS", "3")], 3)] {
        let app = TestApp::start_with(variables).await;
        let ann = test_user(&app, "ann").await;
        let response = delete(&app, &ann).await.expect(202);
        let body = response.json();
        assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["deletes_at"]);
        let deletes_at = OffsetDateTime::parse(body["deletes_at"].as_str().unwrap(), &Rfc3339).unwrap();
        let ahead = deletes_at - OffsetDateTime::now_utc() - time::Duration::days(days);
        assert!(ahead.abs() < time::Duration::minutes(1), "{ahead}");
        assert_eq!(app.count("users").await, 1);
    }
}

#[tokio::test]
async fn a_request_needs_a_recent_proof_or_the_password() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    app.run("UPDATE users.sign_ins SET authenticated_at = now() - interval '601 seconds'").await;
    let token = app.refresh(&login.refresh_token()).await.expect(200).access_token();
    let request = async |body: Value| {
        let request = app.request(Method::POST, "/users/me/deletion").bearer_auth(&token).json(&body);
        TestResponse::of(request).await
    };
    for body in [json!({}), json!({ "current_password": "" }), json!({ "current_password": null })] {
        let refused = request(body).await;
        refused.expect_error(403, "REAUTHENTICATION_REQUIRED");
        let expected = r#"Bearer error="insufficient_user_authentication", max_age="600""#;
        assert_eq!(refused.header("www-authenticate"), expected);
    }
    request(json!({ "current_password": "mistaken pass" })).await.expect_error(403, "WRONG_PASSWORD");
    app.get("/profiles/ann").await.expect(200);
    app.me(&token).await.expect(200);
    request(json!({ "current_password": PASSWORD })).await.expect(202);
    app.get("/profiles/ann").await.expect_error(404, "USER_NOT_FOUND");
}

#[tokio::test]
async fn visitors_and_services_cannot_request_a_deletion() {
    let app = TestApp::start().await;
    app.post("/users/me/deletion", json!({})).await.expect_error(401, "UNAUTHENTICATED");
    delete(&app, &TestUser::service(&app)).await.expect_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_request_ends_every_session_and_old_tokens_change_nothing() {
    let app = TestApp::start().await;
    let (first, ben) = (app.signed_in("ann").await, test_user(&app, "ben").await);
    let second = app.login("ann").await.expect(200);
    let id = app.me(&first.access_token()).await.expect(200).json()["id"].as_str().unwrap().to_owned();
    let [one, two] = [&first, &second].map(|login| TestUser { id: id.clone(), token: login.access_token() });
    ben.follow(&app, &one.id).await.expect(201);
    let response = delete(&app, &one).await.expect(202);
    assert_eq!(response.cookie("refresh_token").value(), "");
    for login in [&first, &second] {
        app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        let page = app.page("/timeline", &login.session()).await.expect(303);
        assert!(page.header("location").starts_with("/auth/resume"), "{}", page.header("location"));
    }
    for user in [&one, &two] {
        let follow = format!("/users/{}/follow", ben.id);
        let follower = format!("/users/me/followers/{}", ben.id);
        for (method, path, body) in [
            (Method::POST, follow.as_str(), json!({})),
            (Method::DELETE, &follow, json!({})),
            (Method::DELETE, &follower, json!({})),
            (Method::DELETE, "/users/me/avatar", json!({})),
            (Method::DELETE, "/users/me/email", json!({})),
            (Method::DELETE, "/users/me/sessions", json!({})),
            (Method::PATCH, "/users/me", json!({ "bio": "x" })),
            (Method::PUT, "/users/me/username", json!({ "username": "anna" })),
            (Method::PUT, "/users/me/password", json!({ "current_password": PASSWORD, "password": "a quiet river" })),
            (Method::POST, "/users/me/email", json!({ "email": "new@example.org" })),
            (Method::POST, "/users/me/deletion", json!({})),
            (Method::POST, "/auth/reauthenticate", json!({ "password": PASSWORD })),
            (Method::GET, "/users/me", json!({})),
            (Method::GET, "/users/me/export", json!({})),
        ] {
            let request = app.request(method.clone(), path).bearer_auth(&user.token).json(&body);
            let response = TestResponse::of(request).await;
            assert_eq!((response.status, response.code().as_str()), (401, "UNAUTHENTICATED"), "{method} {path}");
        }
    }
    let ann = keep(&app, "ann", &id).await;
    assert_eq!(listed(&app, &ben, &ann, "followers").await, ["ben"]);
    assert_eq!(app.me(&ann.token).await.expect(200).json()["bio"], Value::Null);
}

#[tokio::test]
async fn a_deletion_ends_mailed_links_and_a_pending_change_of_the_address() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for (path, body) in [
        ("/auth/forgot-password", json!({ "email": "ann@example.org" })),
        ("/auth/sign-in-link", json!({ "email": "ann@example.org" })),
        ("/users/me/email", json!({ "email": "new@example.org" })),
    ] {
        let request = app.request(Method::POST, path).bearer_auth(&ann.token).json(&body);
        TestResponse::of(request).await.expect(202);
    }
    assert_eq!(app.me(&ann.token).await.expect(200).json()["pending_email"], "new@example.org");
    let reset = app.mailbox.token("ann@example.org", "/reset-password").await;
    let link = app.mailbox.token("ann@example.org", "/sign-in-link").await;
    let change = app.mailbox.token("new@example.org", "/confirm-email").await;
    delete(&app, &ann).await.expect(202);
    assert!(!schema_holds(&app, "new@example.org").await);
    let mut ann = ann;
    for _ in 0..2 {
        for (path, body, code) in [
            (
                "/auth/reset-password",
                json!({ "token": reset, "password": "a quiet river runs" }),
                "INVALID_RESET_TOKEN",
            ),
            ("/auth/sign-in-with-link", json!({ "token": link }), "INVALID_SIGN_IN_TOKEN"),
            ("/auth/confirm-email", json!({ "token": change }), "INVALID_VERIFICATION_TOKEN"),
        ] {
            app.post(path, body).await.expect_error(422, code);
        }
        // They stay invalid after a restoration.
        if ann.token.is_empty() {
            break;
        }
        keep(&app, "ann", &ann.id).await;
        ann.token.clear();
    }
    let me = app.login("ann").await.expect(200).access_token();
    let me = app.me(&me).await.expect(200).json();
    assert_eq!((&me["email"], &me["pending_email"]), (&json!("ann@example.org"), &Value::Null));
}

/// Waits for the mail to ann with this subject, and returns its text.
async fn notice(app: &TestApp, subject: &str) -> String {
    app.mailbox.wait_for_subject("ann@example.org", subject, 1).await.remove(0).text
}

#[tokio::test]
async fn the_owner_is_told_of_the_deletion_with_its_day_and_of_the_restoration() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let request = app.request(Method::POST, "/users/me/deletion").bearer_auth(&ann.token);
    let body = TestResponse::of(request.header("user-agent", user_agent)).await.expect(202).json();
    let deletes_at: Timestamp = serde_json::from_value(body["deletes_at"].clone()).unwrap();
    let mail = notice(&app, "Your account will be deleted").await;
    for expected in [
        format!("On {}, everything will be erased", deletes_at.day()),
        "sign in before then and choose “Keep my account”".to_owned(),
        "in Firefox on Windows".to_owned(),
        format!("{}/forgot-password", app.origin),
    ] {
        assert!(mail.contains(&expected), "{expected}: {mail}");
    }
    keep(&app, "ann", &ann.id).await;
    let mail = notice(&app, "Welcome back").await;
    assert!(mail.contains("was restored and is no longer scheduled for deletion"), "{mail}");
}

/// Actor, action, target, request ID, network and details of the entries about deletions.
type Entry = (String, String, Uuid, Option<String>, Option<String>, Value);

#[tokio::test]
async fn a_deletion_is_recorded_in_the_audit_log_and_as_events_without_personal_data() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let id: Uuid = ann.id.parse().unwrap();
    let requested = delete(&app, &ann).await.expect(202);
    let token = restore_token(&app, "ann").await;
    let restored = restore(&app, &token).await.expect(200);
    let ann = TestUser { id: ann.id, token: restored.access_token() };
    let again = delete(&app, &ann).await.expect(202);
    app.run("UPDATE users.users SET deletes_at = now()").await;
    let _another = TestApp::start_another(&app, &[]).await;
    wait_until("the account is erased", async || app.count("users").await == 0).await;

    let entries: Vec<Entry> = sqlx::query_as(
        "SELECT actor, action, target, request_id, network::text, details FROM users.audit_log
         WHERE action LIKE 'account.%' ORDER BY id",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let network = Some("127.0.0.0/24".to_owned());
    let by_user = |action: &str, response: &TestResponse| {
        let request = Some(response.header("x-request-id").to_owned());
        ("user".to_owned(), action.to_owned(), id, request, network.clone(), json!({}))
    };
    let by_system = ("system".to_owned(), "account.deleted".to_owned(), id, None, None, json!({}));
    assert_eq!(
        entries,
        [
            by_user("account.deletion_requested", &requested),
            by_user("account.restored", &restored),
            by_user("account.deletion_requested", &again),
            by_system,
        ]
    );

    let events: Vec<(String, Uuid, Value)> = sqlx::query_as(
        "SELECT type, subject, data FROM users.events
         WHERE type IN ('user.deletion_requested', 'user.restored', 'user.deleted') ORDER BY sequence",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let event = |name: &str, data: Value| (name.to_owned(), id, data);
    let request = |response: &TestResponse| json!({ "id": ann.id, "deletes_at": response.json()["deletes_at"] });
    assert_eq!(
        events,
        [
            event("user.deletion_requested", request(&requested)),
            event("user.restored", json!({ "id": ann.id })),
            event("user.deletion_requested", request(&again)),
            event("user.deleted", json!({ "id": ann.id })),
        ]
    );
    assert!(!schema_holds(&app, "ann@example.org").await);
}

#[tokio::test]
async fn the_own_profile_shows_the_state_of_the_account() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let me = app.me(&ann.token).await.expect(200).json();
    let state = |me: &Value| {
        ["email_verified", "pending_email", "username_changeable_at", "deletes_at"].map(|field| me[field].clone())
    };
    assert_eq!(state(&me), [json!(true), Value::Null, Value::Null, Value::Null]);
    let mut names: Vec<_> = me.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "avatar_url",
            "bio",
            "created_at",
            "deletes_at",
            "discoverable",
            "display_name",
            "email",
            "email_verified",
            "followee_count",
            "follower_count",
            "hide_follows",
            "id",
            "pending_email",
            "private",
            "username",
            "username_changeable_at",
        ]
    );
    let change = app.request(Method::POST, "/users/me/email").bearer_auth(&ann.token);
    TestResponse::of(change.json(&json!({ "email": "new@example.org" }))).await.expect(202);
    let change = app.request(Method::PUT, "/users/me/username").bearer_auth(&ann.token);
    TestResponse::of(change.json(&json!({ "username": "anna" }))).await.expect(200);
    let me = app.me(&ann.token).await.expect(200).json();
    assert_eq!(me["pending_email"], "new@example.org");
    let changeable = OffsetDateTime::parse(me["username_changeable_at"].as_str().unwrap(), &Rfc3339).unwrap();
    let ahead = changeable - OffsetDateTime::now_utc() - time::Duration::days(30);
    assert!(ahead.abs() < time::Duration::minutes(1), "{ahead}");
    // An expired change of the address is not shown any more.
    app.run("UPDATE users.users SET pending_email_expires_at = now()").await;
    assert_eq!(app.me(&ann.token).await.expect(200).json()["pending_email"], Value::Null);
}
