//! `POST /users/me/deletion` and `POST /auth/restore`: hiding, restoring and erasing an account.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use kith::base::lease::Lease;
use kith::base::random;
use kith::base::sweep::SweepGuard;
use kith::domain::accounts::erasure::erase_due;
use kith::domain::accounts::settings::SelfService;
use kith::domain::graph::follow_counts;
use kith::model::timestamp::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::reject_account::schema_holds;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::database::options;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

const NOT_LIMITED: &[(&str, &str)] = &[("RATE_LIMITS", "off")];

async fn run(app: &TestApp, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&app.pool).await.unwrap();
}

async fn number(app: &TestApp, statement: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&app.pool).await.unwrap()
}

async fn texts(app: &TestApp, statement: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&app.pool).await.unwrap()
}

/// Signs up users with these names.
async fn test_users<const N: usize>(app: &TestApp, names: [&str; N]) -> [TestUser; N] {
    let mut users = Vec::new();
    for name in names {
        users.push(test_user(app, name).await);
    }
    users.try_into().ok().unwrap()
}

/// Keeps all instances from hiding, restoring and erasing in the background.
async fn pause_background(app: &TestApp) {
    run(
        app,
        "INSERT INTO users.leases VALUES ('accounts', gen_random_uuid(), 'infinity')
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at",
    )
    .await;
}

/// Lets the background work again, and starts an instance that does so at once.
async fn resume_background(app: &TestApp) -> TestApp {
    run(app, "DELETE FROM users.leases WHERE name = 'accounts'").await;
    TestApp::start_another(app, &[("PUBLIC_URL", &app.origin)]).await
}

/// Waits until the background has moved the follows of all hidden and restored users.
async fn wait_until_moved(app: &TestApp) {
    wait_until("all follows are moved", async || app.count("hidings").await == 0).await;
}

async fn delete(app: &TestApp, user: &TestUser) -> TestResponse {
    user.send(app, Method::POST, "/users/me/deletion").await
}

/// Signs in to an account that is about to be deleted, and returns the token that restores it.
async fn restore_token(app: &TestApp, name: &str) -> String {
    let response = app.login(name).await.expect(403);
    let body = response.json();
    assert_eq!(body["error"]["code"], "ACCOUNT_PENDING_DELETION", "{body}");
    body["restore_token"].as_str().unwrap().to_owned()
}

async fn restore(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/restore", json!({ "restore_token": token })).await
}

/// Keeps the account `name`, and returns the user with the new access token.
async fn keep(app: &TestApp, name: &str, id: &str) -> TestUser {
    let token = restore_token(app, name).await;
    TestUser { id: id.to_owned(), token: restore(app, &token).await.expect(200).access_token() }
}

/// Everything that `viewer` can read about these users, errors included.
async fn seen_by(app: &TestApp, viewer: &TestUser, users: &[(&str, &TestUser)]) -> Vec<(String, u16, Value)> {
    let ids = users.iter().map(|(_, user)| user.id.as_str()).collect::<Vec<_>>().join(",");
    let mut paths = vec!["/users/me/timeline".to_owned(), format!("/users?ids={ids}")];
    for (name, user) in users {
        paths.push(format!("/profiles/{name}"));
        paths.push(format!("/users/{}", user.id));
        for list in ["followers", "followees"] {
            paths.push(format!("/users/{}/{list}?page_size=100", user.id));
            paths.push(format!("/users/{}/{list}?page_size=1", user.id));
        }
    }
    let mut seen = Vec::new();
    for path in paths {
        let response = viewer.get(app, &path).await;
        seen.push((path, response.status, response.json()));
    }
    seen
}

/// All follows with their times.
async fn follows(app: &TestApp) -> Vec<(Uuid, Uuid, OffsetDateTime)> {
    let statement = "SELECT follower_id, followee_id, created_at FROM users.follows ORDER BY 1, 2";
    sqlx::query_as(statement).fetch_all(&app.pool).await.unwrap()
}

fn usernames(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["username"].as_str().unwrap()).collect()
}

async fn listed(app: &TestApp, viewer: &TestUser, user: &TestUser, list: &str) -> Vec<String> {
    let body = viewer.get(app, &format!("/users/{}/{list}", user.id)).await.expect(200).json();
    usernames(&body["items"]).into_iter().map(ToOwned::to_owned).collect()
}

/// The follower and followee counts on a public profile.
async fn public_counts(app: &TestApp, name: &str) -> (i64, i64) {
    let body = app.get(&format!("/profiles/{name}")).await.expect(200).json();
    (body["follower_count"].as_i64().unwrap(), body["followee_count"].as_i64().unwrap())
}

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
    run(&app, "UPDATE users.sign_ins SET authenticated_at = now() - interval '601 seconds'").await;
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
    assert_eq!(token.len(), 43);
    assert!(response.cookies().iter().all(|cookie| cookie.name() == "__Host-session"), "{:?}", response.headers);
    assert!(!schema_holds(&app, &token).await, "it is stored unhashed");

    let wrong = app.post("/auth/login", json!({ "email": "ann@example.org", "password": "mistaken pass" })).await;
    let unknown = app.post("/auth/login", json!({ "email": "eve@example.org", "password": "mistaken pass" })).await;
    wrong.expect_error(401, "INVALID_CREDENTIALS");
    assert_eq!((&wrong.text, wrong.cookies().len()), (&unknown.text, 0));
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
        let token = random::decode(word);
        assert!(!token.is_some_and(|token| hashes.contains(&random::sha256(&token))), "{word}: {text}");
    }
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
    run(&app, "UPDATE users.one_time_tokens SET expires_at = expires_at - interval '599 seconds'").await;
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
    run(&app, "UPDATE users.one_time_tokens SET expires_at = expires_at - interval '1 second'").await;
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
async fn a_hidden_user_is_missing_everywhere_before_and_after_the_follows_are_moved() {
    let app = TestApp::start().await;
    let [ann, ben, cat, dan] = test_users(&app, ["ann", "ben", "cat", "dan"]).await;
    for (follower, followee) in
        [(&ben, &ann), (&ann, &ben), (&ann, &cat), (&cat, &ann), (&ben, &cat), (&dan, &ben), (&cat, &dan)]
    {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let timeline = dan.get(&app, "/users/me/timeline").await.expect(200).json();
    assert_eq!(usernames(&timeline["suggestions"]).len(), 2, "{timeline}");
    pause_background(&app).await;
    delete(&app, &ann).await.expect(202);

    let users = [("ann", &ann), ("ben", &ben), ("cat", &cat), ("dan", &dan)];
    let check = async |moved: bool| {
        assert_eq!((app.count("hidings").await == 0, app.count("follows").await == 3), (moved, moved));
        for path in [
            "/profiles/ann".to_owned(),
            "/profiles/ANN".to_owned(),
            format!("/users/{}", ann.id),
            format!("/users/{}/followers", ann.id),
            format!("/users/{}/followees", ann.id),
        ] {
            ben.get(&app, &path).await.expect_error(404, "USER_NOT_FOUND");
        }
        for path in ["/profile/ann", "/profile/ann/followers", "/profile/ann/following"] {
            app.page(path, "").await.expect(404);
        }
        let found = app.get(&format!("/users?ids={},{}", ann.id, ben.id)).await.expect(200).json();
        assert_eq!(usernames(&found["items"]), ["ben"]);
        for follower in [&ben, &dan] {
            follower.follow(&app, &ann.id).await.expect_error(404, "USER_NOT_FOUND");
        }
        assert_eq!(listed(&app, &dan, &ben, "followers").await, ["dan"]);
        assert_eq!(listed(&app, &dan, &ben, "followees").await, ["cat"]);
        assert_eq!(listed(&app, &dan, &cat, "followers").await, ["ben"]);
        assert_eq!(listed(&app, &dan, &cat, "followees").await, ["dan"]);
        assert_eq!((public_counts(&app, "ben").await, public_counts(&app, "cat").await), ((1, 1), (1, 1)));
        assert_eq!((ben.counts(&app).await, dan.counts(&app).await), ((1, 1), (1, 1)));
        for (viewer, list, expected) in [
            (&ben, "following", &["cat"][..]),
            (&ben, "new_followers", &["dan"]),
            (&dan, "suggestions", &["cat"]),
            (&cat, "suggestions", &["ben"]),
            (&ben, "suggestions", &["dan"]),
        ] {
            let timeline = viewer.get(&app, "/users/me/timeline").await.expect(200).json();
            assert_eq!(usernames(&timeline[list]), expected, "{list}: {timeline}");
        }
        let page = ben.get(&app, &format!("/users/{}/followers?page_size=1", cat.id)).await.expect(200).json();
        assert_eq!((&page["has_next"], &page["next_cursor"]), (&json!(false), &Value::Null));
    };
    check(false).await;
    let before = seen_by(&app, &ben, &users).await;
    let _another = resume_background(&app).await;
    wait_until_moved(&app).await;
    check(true).await;
    assert_eq!(seen_by(&app, &ben, &users).await, before);
    assert_eq!(follow_counts::drift(&app.pool).await.unwrap(), []);
}

#[tokio::test]
async fn a_restored_account_is_exactly_as_it_was() {
    let app = TestApp::start().await;
    let [mut ann, ben, cat, dan] = test_users(&app, ["ann", "ben", "cat", "dan"]).await;
    for (follower, followee) in
        [(&ben, &ann), (&ann, &ben), (&ann, &cat), (&cat, &ann), (&ben, &cat), (&dan, &ben), (&dan, &ann)]
    {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let patch = app.request(Method::PATCH, "/users/me").bearer_auth(&ann.token);
    TestResponse::of(patch.json(&json!({ "bio": "Likes rivers", "display_name": "Ann B" }))).await.expect(200);
    let snapshot = async |ann: &TestUser| {
        let users = [("ann", ann), ("ben", &ben), ("cat", &cat), ("dan", &dan)];
        let mut seen = Vec::new();
        for (_, viewer) in users {
            seen.push(seen_by(&app, viewer, &users).await);
        }
        (app.me(&ann.token).await.expect(200).json(), seen, follows(&app).await)
    };
    let before = snapshot(&ann).await;
    for moved in [false, true, true, false] {
        pause_background(&app).await;
        delete(&app, &ann).await.expect(202);
        if moved {
            let _another = resume_background(&app).await;
            wait_until_moved(&app).await;
            assert_eq!((app.count("follows").await, app.count("hidden_follows").await), (2, 5));
        }
        ann = keep(&app, "ann", &ann.id).await;
        assert_eq!(snapshot(&ann).await, before, "moved: {moved}");
        assert_eq!((app.count("hidings").await, app.count("hidden_follows").await), (0, 0));
    }
    assert_eq!(follow_counts::drift(&app.pool).await.unwrap(), []);
}

#[tokio::test]
async fn follows_that_the_other_side_removes_in_the_meantime_stay_removed() {
    for moved in [false, true] {
        let app = TestApp::start().await;
        let [ann, ben, cat, dan] = test_users(&app, ["ann", "ben", "cat", "dan"]).await;
        for (follower, followee) in [(&ben, &ann), (&ann, &ben), (&cat, &ann), (&ann, &cat), (&dan, &ann)] {
            follower.follow(&app, &followee.id).await.expect(201);
        }
        pause_background(&app).await;
        delete(&app, &ann).await.expect(202);
        let mut another = None;
        if moved {
            another = Some(resume_background(&app).await);
            wait_until_moved(&app).await;
        }
        ben.unfollow(&app, &ann.id).await.expect(204);
        cat.send(&app, Method::DELETE, &format!("/users/me/followers/{}", ann.id)).await.expect(204);
        let ann = keep(&app, "ann", &ann.id).await;
        assert_eq!(listed(&app, &dan, &ann, "followers").await, ["dan", "cat"], "moved: {moved}");
        assert_eq!(listed(&app, &dan, &ann, "followees").await, ["ben"], "moved: {moved}");
        assert_eq!(ann.counts(&app).await, (2, 1));
        assert_eq!((ben.counts(&app).await, cat.counts(&app).await), ((1, 0), (0, 1)));
        drop(another);
    }
}

/// The number of connections that wait for a lock.
const BLOCKED: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

#[tokio::test]
async fn a_follow_that_is_removed_while_it_is_being_hidden_stays_removed() {
    remove_while_moving(false).await;
}

#[tokio::test]
async fn a_follow_that_is_removed_while_it_is_being_restored_stays_removed() {
    remove_while_moving(true).await;
}

/// Lets ben unfollow ann while a batch moves the follow, and checks that it is gone.
async fn remove_while_moving(restoring: bool) {
    let app = TestApp::start().await;
    let [ann, ben, cat] = test_users(&app, ["ann", "ben", "cat"]).await;
    for follower in [&ben, &cat] {
        follower.follow(&app, &ann.id).await.expect(201);
    }
    let mut token = String::new();
    if restoring {
        delete(&app, &ann).await.expect(202);
        wait_until_moved(&app).await;
        token = restore_token(&app, "ann").await;
    } else {
        pause_background(&app).await;
        delete(&app, &ann).await.expect(202);
    }
    // The batch moves both follows. It waits for cat's row while it already holds ben's follow.
    let mut connection = PgConnection::connect_with(&options(app.database_url())).await.unwrap();
    let mut holding = connection.begin().await.unwrap();
    let lock = "SELECT FROM users.users WHERE username = 'cat' FOR UPDATE";
    sqlx::query(lock).execute(&mut *holding).await.unwrap();
    let (moving, removing) = tokio::join!(
        async {
            if restoring {
                restore(&app, &token).await.expect(200);
                None
            } else {
                Some(resume_background(&app).await)
            }
        },
        async {
            wait_until("the batch waits", async || number(&app, BLOCKED).await == 1).await;
            let is_removed = AtomicBool::new(false);
            let removed = async {
                let response = ben.unfollow(&app, &ann.id).await.expect(204);
                is_removed.store(true, Ordering::Relaxed);
                response
            };
            let release = async {
                wait_until("the removal is done, or waits for the batch", async || {
                    is_removed.load(Ordering::Relaxed) || number(&app, BLOCKED).await > 1
                })
                .await;
                holding.rollback().await.unwrap();
            };
            tokio::join!(removed, release).0
        }
    );
    assert_eq!(removing.status, 204);
    wait_until_moved(&app).await;
    let ann = if restoring { test_user_again(&app, "ann", &ann.id).await } else { keep(&app, "ann", &ann.id).await };
    wait_until_moved(&app).await;
    assert_eq!(listed(&app, &cat, &ann, "followers").await, ["cat"], "restoring: {restoring}");
    assert_eq!(ben.counts(&app).await, (0, 0));
    drop(moving);
}

async fn test_user_again(app: &TestApp, name: &str, id: &str) -> TestUser {
    TestUser { id: id.to_owned(), token: app.login(name).await.expect(200).access_token() }
}

#[tokio::test]
async fn two_users_who_follow_each_other_come_back_in_either_order() {
    let app = TestApp::start().await;
    let [mut ann, mut ben, cat] = test_users(&app, ["ann", "ben", "cat"]).await;
    for (follower, followee) in [(&ann, &ben), (&ben, &ann), (&cat, &ann), (&ben, &cat)] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let before = follows(&app).await;
    for (moved, ann_first) in [(true, true), (true, false), (false, true), (false, false)] {
        pause_background(&app).await;
        delete(&app, &ann).await.expect(202);
        delete(&app, &ben).await.expect(202);
        let mut another = None;
        if moved {
            another = Some(resume_background(&app).await);
            wait_until_moved(&app).await;
            assert_eq!(app.count("follows").await, 0);
        }
        assert_eq!(public_counts(&app, "cat").await, (0, 0));
        if ann_first {
            ann = keep(&app, "ann", &ann.id).await;
            app.get("/profiles/ben").await.expect(404);
            assert_eq!((ann.counts(&app).await, public_counts(&app, "cat").await), ((1, 0), (0, 1)));
            assert_eq!(listed(&app, &cat, &ann, "followers").await, ["cat"]);
            ben = keep(&app, "ben", &ben.id).await;
        } else {
            ben = keep(&app, "ben", &ben.id).await;
            app.get("/profiles/ann").await.expect(404);
            assert_eq!((ben.counts(&app).await, public_counts(&app, "cat").await), ((0, 1), (1, 0)));
            assert_eq!(listed(&app, &cat, &ben, "followees").await, ["cat"]);
            ann = keep(&app, "ann", &ann.id).await;
        }
        assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((2, 1), (1, 2)));
        assert_eq!(follows(&app).await, before, "moved: {moved}, ann first: {ann_first}");
        assert_eq!(app.count("hidden_follows").await, 0);
        drop(another);
    }
    assert_eq!(follow_counts::drift(&app.pool).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_who_follow_each_other_and_come_back_at_the_same_time_get_their_follows() {
    let app = TestApp::start_with(NOT_LIMITED).await;
    let [mut ann, mut ben] = test_users(&app, ["ann", "ben"]).await;
    ann.follow(&app, &ben.id).await.expect(201);
    ben.follow(&app, &ann.id).await.expect(201);
    let before = follows(&app).await;
    for round in 0..20 {
        tokio::join!(async { delete(&app, &ann).await.expect(202) }, async { delete(&app, &ben).await.expect(202) });
        if round % 2 == 0 {
            wait_until_moved(&app).await;
        }
        (ann, ben) = tokio::join!(keep(&app, "ann", &ann.id), keep(&app, "ben", &ben.id));
        wait_until_moved(&app).await;
        assert_eq!(follows(&app).await, before, "round {round}");
        assert_eq!(app.count("hidden_follows").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_follow_is_left_behind_that_is_made_while_its_end_is_being_hidden() {
    let app = TestApp::start_with(NOT_LIMITED).await;
    let [mut ann, ben, cat, dan, eve] = test_users(&app, ["ann", "ben", "cat", "dan", "eve"]).await;
    let others = [&ben, &cat, &dan, &eve];
    let (mut refused, mut made) = (0, 0);
    for round in 0..40 {
        run(&app, "DELETE FROM users.follows").await;
        let delay = Duration::from_micros(fastrand::u64(..4000));
        let deletion = async {
            tokio::time::sleep(delay).await;
            delete(&app, &ann).await.expect(202);
        };
        let followers = join_all(others.map(|other| async {
            tokio::time::sleep(Duration::from_micros(fastrand::u64(..6000))).await;
            other.follow(&app, &ann.id).await.status
        }));
        let followees = join_all(others.map(|other| ann.follow(&app, &other.id)));
        let ((), followers, followees) = tokio::join!(deletion, followers, followees);
        wait_until_moved(&app).await;
        let behind = "SELECT count(*) FROM users.follows f JOIN users.users u ON u.id IN (f.follower_id, f.followee_id)
                      WHERE u.deletes_at IS NOT NULL";
        assert_eq!(number(&app, behind).await, 0, "round {round}");
        assert_eq!(app.count("follows").await, 0);
        for status in &followers {
            assert!([201, 404].contains(status), "{status}");
        }
        for response in &followees {
            assert!([201, 401].contains(&response.status), "{}", response.text);
        }
        let expected = followers.iter().filter(|status| **status == 201).count();
        refused += followers.len() - expected;
        made += expected;
        ann = keep(&app, "ann", &ann.id).await;
        wait_until_moved(&app).await;
        let expected_followees = followees.iter().filter(|response| response.status == 201).count();
        assert_eq!(
            ann.counts(&app).await,
            (i64::try_from(expected).unwrap(), i64::try_from(expected_followees).unwrap()),
            "round {round}"
        );
    }
    assert!(refused > 0 && made > 0, "{refused} refused, {made} made");
    assert_eq!(follow_counts::drift(&app.pool).await.unwrap(), []);
}

const SETTINGS: SelfService = SelfService { reset_minutes: 60, deletion_grace_days: 14, username_hold_days: Some(180) };

#[tokio::test(flavor = "multi_thread")]
async fn restoring_during_the_erasure_ends_with_a_whole_account_or_none() {
    let app = TestApp::start_with(NOT_LIMITED).await;
    pause_background(&app).await;
    let ben = test_user(&app, "ben").await;
    let (mut restored, mut erased) = (0, 0);
    for round in 0..45 {
        let name = format!("ann{round}");
        let ann = test_user(&app, &name).await;
        ben.follow(&app, &ann.id).await.expect(201);
        ann.follow(&app, &ben.id).await.expect(201);
        delete(&app, &ann).await.expect(202);
        let token = restore_token(&app, &name).await;
        run(&app, "UPDATE users.users SET deletes_at = now() - interval '1 second' WHERE deletes_at IS NOT NULL").await;
        let lease = Lease::acquire(&app.pool, "test", Duration::from_mins(1)).await.unwrap().unwrap();
        let mut guard = SweepGuard::new(lease, CancellationToken::new());
        let head_start = Duration::from_micros(fastrand::u64(..8000));
        let (response, ()) = tokio::join!(
            async {
                if round % 3 != 0 {
                    tokio::time::sleep(head_start).await;
                }
                restore(&app, &token).await
            },
            async {
                if round % 3 != 1 {
                    tokio::time::sleep(head_start).await;
                }
                erase_due(&app.pool, SETTINGS, &mut guard).await.unwrap();
                guard.end().await.unwrap();
            }
        );
        assert_eq!(app.count("hidden_follows").await, 0);
        if response.status == 200 {
            restored += 1;
            let ann = TestUser { id: ann.id, token: response.access_token() };
            assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((1, 1), (1, 1)), "round {round}");
            app.get(&format!("/profiles/{name}")).await.expect(200);
            app.login(&name).await.expect(200);
            run(&app, "DELETE FROM users.follows").await;
        } else {
            response.expect_error(422, "INVALID_SIGN_IN_TOKEN");
            erased += 1;
            assert_eq!(ben.counts(&app).await, (0, 0), "round {round}");
            app.get(&format!("/profiles/{name}")).await.expect(404);
            app.login(&name).await.expect_error(401, "INVALID_CREDENTIALS");
            assert!(!schema_holds(&app, &format!("{name}@example.org")).await);
            assert_eq!(number(&app, &format!("SELECT count(*) FROM users.users WHERE id = '{}'", ann.id)).await, 0);
        }
    }
    assert!(restored > 0 && erased > 0, "{restored} restored, {erased} erased");
    assert_eq!(follow_counts::drift(&app.pool).await.unwrap(), []);
}

#[tokio::test]
async fn an_account_that_is_being_erased_looks_like_no_account() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    pause_background(&app).await;
    delete(&app, &ann).await.expect(202);
    let token = restore_token(&app, "ann").await;
    run(&app, "UPDATE users.users SET deletes_at = now(), erasing_at = now()").await;
    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    restore(&app, &token).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    app.get("/profiles/ann").await.expect_error(404, "USER_NOT_FOUND");
    app.post("/auth/forgot-password", json!({ "email": "ann@example.org" })).await.expect(202);
    app.wait_for_background_work().await;
    assert!(app.mailbox.to("ann@example.org").iter().all(|mail| !mail.text.contains("/reset-password")));
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
    assert!(mail.contains("was restored, and will not be deleted"), "{mail}");
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
    run(&app, "UPDATE users.users SET deletes_at = now()").await;
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

#[tokio::test]
async fn an_erased_account_leaves_nothing_and_its_address_is_free_at_once() {
    const PNG: &[u8] = include_bytes!("../../../public/apple-touch-icon.png");
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
        run(&app, "UPDATE users.username_holds SET held_until = now() - interval '1 second' WHERE held_until > now()")
            .await;
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
    run(&app, "UPDATE users.users SET suspended_at = now()").await;
    restore(&app, &token).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    app.login("ann").await.expect_error(403, "ACCOUNT_SUSPENDED");
    app.get("/profiles/ann").await.expect(404);
    // It is not erased either, until the suspension is lifted.
    run(&app, "UPDATE users.users SET deletes_at = now() - interval '1 day'").await;
    let ben = test_user(&app, "ben").await;
    delete(&app, &ben).await.expect(202);
    run(&app, "UPDATE users.users SET deletes_at = now() WHERE username = 'ben'").await;
    let another = TestApp::start_another(&app, &[]).await;
    wait_until("ben is erased", async || app.count("users").await == 1).await;
    drop(another);
    run(&app, "UPDATE users.users SET suspended_at = NULL").await;
    let _another = TestApp::start_another(&app, &[]).await;
    wait_until("ann is erased", async || app.count("users").await == 0).await;
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
            "display_name",
            "email",
            "email_verified",
            "followee_count",
            "follower_count",
            "id",
            "pending_email",
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
    run(&app, "UPDATE users.users SET pending_email_expires_at = now()").await;
    assert_eq!(app.me(&ann.token).await.expect(200).json()["pending_email"], Value::Null);
}
