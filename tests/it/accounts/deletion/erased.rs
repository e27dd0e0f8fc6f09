//! What an erased account leaves behind, and which accounts are not erased.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{delete, number, pause_background, restore, restore_token, texts};
use crate::accounts::reject_account::schema_holds;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

#[tokio::test]
async fn an_account_that_is_being_erased_looks_like_no_account() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    pause_background(&app).await;
    delete(&app, &ann).await.expect(202);
    let token = restore_token(&app, "ann").await;
    app.run("UPDATE users.users SET deletes_at = now(), erasing_at = now()").await;
    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    restore(&app, &token).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    app.get("/profiles/ann").await.expect_error(404, "USER_NOT_FOUND");
    app.post("/auth/forgot-password", json!({ "email": "ann@example.org" })).await.expect(202);
    app.wait_for_background_work().await;
    assert!(app.mailbox.to("ann@example.org").iter().all(|mail| !mail.text.contains("/reset-password")));
}

#[tokio::test]
async fn an_erased_account_leaves_nothing_and_its_address_is_free_at_once() {
    const PNG: &[u8] = include_bytes!("../../../../public/apple-touch-icon.png");
    let app = TestApp::start_with(&[("DELETION_GRACE_DAYS", "0")]).await;
    let (login, ben) = (app.signed_in("ann").await, test_user(&app, "ben").await);
    let token = login.access_token();
    let id = app.me(&token).await.expect(200).json()["id"].as_str().unwrap().to_owned();
    let ann = TestUser { id, token };
    ann.follow(&app, &ben.id).await.expect(201);
    ben.follow(&app, &ann.id).await.expect(201);
    app.page("/timeline", &login.session()).await.expect(200);
    let picture = app.request(Method::PUT, "/users/me/avatar").bearer_auth(&ann.token);
    let response = TestResponse::of(picture.header("content-type", "image/png").body(PNG)).await;
    let picture = response.expect(200).json()["avatar_url"].as_str().unwrap().to_owned();
    app.get(&picture).await.expect(200);
    // Copies of the address: a form, a pending change, and a mail that asks for a reset.
    let typed = [("email", "ANN@example.org"), ("password", "mistaken pass"), ("_back", "/login")];
    app.submit("/auth/login", &typed, "").await.expect(303);
    let change = app.request(Method::POST, "/users/me/email").bearer_auth(&ann.token);
    TestResponse::of(change.json(&json!({ "email": "new@example.org" }))).await.expect(202);
    app.post("/auth/forgot-password", json!({ "email": "ann@example.org" })).await.expect(202);
    app.mailbox.token("ann@example.org", "/reset-password").await;

    delete(&app, &ann).await.expect(202);
    wait_until("the account is erased", async || app.count("users").await == 1).await;
    for address in ["ann@example.org", "new@example.org"] {
        assert!(!schema_holds(&app, address).await, "{address}");
    }
    for table in ["sign_ins", "refresh_tokens", "sessions"] {
        assert_eq!(app.count(table).await, 1, "ben's row in {table}");
    }
    // The ID is left only in records, and in the name of the picture that is to be removed.
    for table in texts(&app, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'users'").await {
        let found =
            number(&app, &format!("SELECT count(*) FROM users.{table} t WHERE t::text LIKE '%{}%'", ann.id)).await;
        assert!(
            found == 0 || ["audit_log", "events", "avatar_removals"].contains(&table.as_str()),
            "{found} in {table}"
        );
    }
    assert_eq!(ben.counts(&app).await, (0, 0));
    app.get("/profiles/ann").await.expect_error(404, "USER_NOT_FOUND");
    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    wait_until("the picture has left the store", async || app.get(&picture).await.status == 404).await;
    // What outlives the account: its ID, and for some days its username.
    let events: Vec<(String, Value)> = sqlx::query_as(
        "SELECT type, data - 'deletes_at' FROM users.events WHERE subject = $1::text::uuid
         AND type <> 'session.revoked' ORDER BY sequence",
    )
    .bind(&ann.id)
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let expected = [
        ("user.registered".to_owned(), json!({ "id": ann.id, "username": "ann" })),
        ("user.deletion_requested".to_owned(), json!({ "id": ann.id })),
        ("user.deleted".to_owned(), json!({ "id": ann.id })),
    ];
    assert_eq!(events, expected);

    let again = |username: &str| json!({ "email": "ann@example.org", "username": username, "password": PASSWORD });
    for username in ["ann", "ANN"] {
        app.post("/auth/register", again(username)).await.expect_error(409, "USERNAME_TAKEN");
    }
    app.post("/auth/register", again("anna")).await.expect(201);
    assert_eq!(app.count("users").await, 2);
}

#[tokio::test]
async fn the_username_of_an_erased_account_is_held_for_the_configured_time() {
    for (days, expected) in [("180", Some(180)), ("1", Some(1)), ("0", None)] {
        let app = TestApp::start_with(&[("DELETION_GRACE_DAYS", "0"), ("USERNAME_HOLD_DAYS", days)]).await;
        let (ann, ben) = (test_user(&app, "Ann").await, test_user(&app, "ben").await);
        delete(&app, &ann).await.expect(202);
        wait_until("the account is erased", async || app.count("users").await == 1).await;
        let (folded, user, held): (String, Option<Uuid>, Option<i32>) = sqlx::query_as(
            "SELECT folded, user_id, round(extract(epoch FROM held_until - now()) / 86400)::int
             FROM users.username_holds",
        )
        .fetch_one(&app.pool)
        .await
        .unwrap();
        assert_eq!((folded.as_str(), user, held), ("ann", None, expected), "{days}");
        let rename = async || {
            let request = app.request(Method::PUT, "/users/me/username").bearer_auth(&ben.token);
            TestResponse::of(request.json(&json!({ "username": "aNN" }))).await
        };
        app.register("ann").await.expect_error(409, "USERNAME_TAKEN");
        rename().await.expect_error(409, "USERNAME_TAKEN");
        app.get("/profiles/ann").await.expect_error(404, "USER_NOT_FOUND");
        for table in ["username_holds", "username_looks"] {
            app.run(&format!(
                "UPDATE users.{table} SET held_until = now() - interval '1 second'
                 WHERE held_until > now() AND held_until < 'infinity'"
            ))
            .await;
        }
        match expected {
            Some(_) => assert_eq!(rename().await.expect(200).json()["username"], "aNN"),
            None => rename().await.expect_error(409, "USERNAME_TAKEN"),
        }
    }
}

#[tokio::test]
async fn a_suspended_account_is_neither_restored_nor_erased() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    delete(&app, &ann).await.expect(202);
    let token = restore_token(&app, "ann").await;
    app.run("UPDATE users.users SET suspended_at = now()").await;
    restore(&app, &token).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    app.login("ann").await.expect_error(403, "ACCOUNT_SUSPENDED");
    app.get("/profiles/ann").await.expect(404);
    // It is not erased either, until the suspension is lifted.
    app.run("UPDATE users.users SET deletes_at = now() - interval '1 day'").await;
    let ben = test_user(&app, "ben").await;
    delete(&app, &ben).await.expect(202);
    app.run("UPDATE users.users SET deletes_at = now() WHERE username = 'ben'").await;
    let another = TestApp::start_another(&app, &[]).await;
    wait_until("ben is erased", async || app.count("users").await == 1).await;
    drop(another);
    app.run("UPDATE users.users SET suspended_at = NULL").await;
    let _another = TestApp::start_another(&app, &[]).await;
    wait_until("ann is erased", async || app.count("users").await == 0).await;
}
