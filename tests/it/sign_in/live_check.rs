//! Operations that change something check in the database that the session has not ended and the account is active:
//! access tokens stay valid for up to 15 minutes.

use std::collections::BTreeSet;

use kith::domain::accounts::settings::SelfService;
use kith::domain::accounts::{erasure, operator};
use kith::domain::audit::log::{Action, Actor, Entry};
use kith::rest::server::mount::OPERATIONS;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::outbox::wait_until;
use crate::support::picture::{files, png, put};
use crate::support::response::TestResponse;
use crate::support::token::{sid, without};
use crate::support::user::{TestUser, test_user};

enum Body {
    None,
    Json(Value),
    Picture,
}

/// A request that changes something if an active user sends it.
struct Change {
    method: Method,
    template: &'static str,
    path: String,
    body: Body,
}

impl Change {
    fn new(method: Method, template: &'static str, id: &str, body: Body) -> Self {
        Self { method, template, path: template.replace("{id}", id), body }
    }

    fn request(&self, app: &TestApp) -> RequestBuilder {
        let request = app.request(self.method.clone(), &self.path);
        match &self.body {
            Body::None => request,
            Body::Json(body) => request.json(body),
            Body::Picture => request.header("content-type", "image/png").body(png([1, 2, 3])),
        }
    }

    /// The route in messages.
    fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }
}

/// A user with a picture, a pending address, another session, a followee, a follower and relations to others, so that
/// every request in [`changes`] changes something.
struct Account {
    id: String,
    token: String,
    /// The `Cookie` header for pages.
    page: String,
    refresh_token: String,
    other_session: String,
}

/// The users around an [`Account`].
struct Others {
    followee: TestUser,
    follower: TestUser,
    /// A user that the account blocks.
    blocked: TestUser,
    /// A user that the account mutes, and who has asked to follow it.
    requester: TestUser,
    stranger: TestUser,
}

async fn account(app: &TestApp, others: &Others, name: &str) -> Account {
    let login = app.signed_in(name).await;
    let token = login.access_token();
    let id = app.me(&token).await.expect(200).json()["id"].as_str().unwrap().to_owned();
    let user = TestUser { id: id.clone(), token: token.clone() };
    put(app, &token, "image/png", png([4, 5, 6])).await.expect(200);
    user.follow(app, &others.followee.id).await.expect(201);
    others.follower.follow(app, &id).await.expect(201);
    for (kind, other) in [("block", &others.blocked), ("mute", &others.requester)] {
        user.send(app, Method::POST, &format!("/users/{}/{kind}", other.id)).await.expect(201);
    }
    let request = "SELECT users.request_follow($1::uuid, $2::uuid)";
    sqlx::query(request).bind(&others.requester.id).bind(&id).execute(&app.pool).await.unwrap();
    // Not with the route, which is limited.
    sqlx::query(
        "UPDATE users.users SET pending_email = 'new@example.org', pending_email_expires_at = now() + interval '1 day'
         WHERE username = $1",
    )
    .bind(name)
    .execute(&app.pool)
    .await
    .unwrap();
    let other_session = sid(&app.login(name).await.expect(200).access_token());
    Account { id, page: login.session(), refresh_token: login.refresh_token(), token, other_session }
}

/// A request to every route that changes something for its caller. A new route must be added here.
fn changes(account: &Account, others: &Others) -> Vec<Change> {
    let json = |body: Value| Body::Json(body);
    vec![
        Change::new(Method::POST, "/auth/reauthenticate", "", json(json!({ "password": PASSWORD }))),
        Change::new(Method::PATCH, "/users/me", "", json(json!({ "bio": "changed" }))),
        Change::new(Method::PUT, "/users/me/avatar", "", Body::Picture),
        Change::new(Method::DELETE, "/users/me/avatar", "", Body::None),
        Change::new(
            Method::PUT,
            "/users/me/password",
            "",
            json(json!({ "current_password": PASSWORD, "password": "another horse battery" })),
        ),
        Change::new(Method::POST, "/users/me/email", "", json(json!({ "email": "newer@example.org" }))),
        Change::new(Method::DELETE, "/users/me/email", "", Body::None),
        Change::new(Method::PUT, "/users/me/username", "", json(json!({ "username": "renamed" }))),
        Change::new(Method::DELETE, "/users/me/sessions/{id}", &account.other_session, Body::None),
        Change::new(Method::DELETE, "/users/me/sessions", "", Body::None),
        Change::new(Method::POST, "/users/{id}/follow", &others.stranger.id, Body::None),
        Change::new(Method::DELETE, "/users/{id}/follow", &others.followee.id, Body::None),
        Change::new(Method::DELETE, "/users/me/followers/{id}", &others.follower.id, Body::None),
        Change::new(Method::POST, "/users/{id}/block", &others.stranger.id, Body::None),
        Change::new(Method::DELETE, "/users/{id}/block", &others.blocked.id, Body::None),
        Change::new(Method::POST, "/users/{id}/mute", &others.stranger.id, Body::None),
        Change::new(Method::POST, "/reports", "", json(json!({ "user_id": others.stranger.id, "category": "spam" }))),
        Change::new(Method::DELETE, "/users/{id}/mute", &others.requester.id, Body::None),
        Change::new(Method::POST, "/users/me/follow-requests/{id}/accept", &others.requester.id, Body::None),
        Change::new(Method::DELETE, "/users/me/follow-requests/{id}", &others.requester.id, Body::None),
        Change::new(Method::POST, "/users/me/deletion", "", json(json!({}))),
    ]
}

/// The routes that change something and reject visitors.
async fn closed_routes(app: &TestApp) -> BTreeSet<String> {
    let mut closed = BTreeSet::new();
    for (method, template) in OPERATIONS.iter().filter(|(method, _)| method != Method::GET) {
        let change = Change::new(method.clone(), template, &uuid::Uuid::nil().to_string(), Body::None);
        let response = TestResponse::of(change.request(app)).await;
        if response.status == 401 && response.code() == "UNAUTHENTICATED" {
            closed.insert(change.name());
        }
    }
    closed
}

/// The rows of every table that an operation of the user might change.
async fn rows(app: &TestApp) -> Vec<(&'static str, Option<Value>)> {
    let mut rows = Vec::new();
    for table in [
        "users",
        "follows",
        "hidden_follows",
        "relations",
        "reports",
        "sign_ins",
        "refresh_tokens",
        "one_time_tokens",
        "email_outbox",
        "username_holds",
        "events",
        "audit_log",
    ] {
        let statement = format!("SELECT jsonb_agg(t ORDER BY t::text) FROM users.{table} t");
        let found = sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&app.pool);
        rows.push((table, found.await.unwrap()));
    }
    rows
}

async fn wait_for_mail(app: &TestApp) {
    wait_until("all mail is sent", async || app.count("email_outbox").await == 0).await;
}

#[tokio::test]
async fn an_access_token_whose_session_ended_or_whose_account_is_not_active_changes_nothing() {
    let app = TestApp::start().await;
    let others = Others {
        followee: test_user(&app, "followee").await,
        follower: test_user(&app, "follower").await,
        blocked: test_user(&app, "blocked").await,
        requester: test_user(&app, "requester").await,
        stranger: test_user(&app, "stranger").await,
    };
    let settings = SelfService { reset_minutes: 60, deletion_grace_days: 14, username_hold_days: Some(180) };
    let entry = |action, id| Entry::new(Actor::Operator("test".to_owned()), action, id);

    let signed_out = account(&app, &others, "ann").await;
    let cookie = format!("refresh_token={}", signed_out.refresh_token);
    TestResponse::of(app.request(Method::POST, "/auth/logout").header("cookie", cookie)).await.expect(204);

    let suspended = account(&app, &others, "ben").await;
    let id = suspended.id.parse().unwrap();
    operator::suspend(&app.pool.clone().into(), id, &entry(Action::AccountSuspended, id)).await.unwrap();

    let pending = account(&app, &others, "cat").await;
    let request = app.request(Method::POST, "/users/me/deletion").bearer_auth(&pending.token).json(&json!({}));
    TestResponse::of(request).await.expect(202);

    let deleted = account(&app, &others, "dan").await;
    let id = deleted.id.parse().unwrap();
    assert!(erasure::erase(&app.pool.clone().into(), id, settings, &entry(Action::AccountDeleted, id)).await.unwrap());

    let covered: BTreeSet<_> = changes(&signed_out, &others).iter().map(Change::name).collect();
    assert_eq!(covered, closed_routes(&app).await, "every route that changes something needs a request in `changes`");

    wait_for_mail(&app).await;
    let (before, mails) = (rows(&app).await, app.mailbox.to("").len());
    for (state, account) in
        [("signed out", &signed_out), ("suspended", &suspended), ("pending deletion", &pending), ("deleted", &deleted)]
    {
        for change in changes(account, &others) {
            let with_token = |token: &str| change.request(&app).bearer_auth(token);
            let mut requests = vec![("a token", with_token(&account.token))];
            if state == "signed out" {
                let request = change.request(&app).header("cookie", &account.page);
                requests.push(("a page session", request.header("sec-fetch-site", "same-origin")));
            } else {
                // Only the account's own state can reject it.
                requests.push(("an earlier version's token", with_token(&without(&account.token, &["sid"]))));
            }
            for (credentials, request) in requests {
                let case = format!("{} with {credentials}, {state}", change.name());
                let response = TestResponse::of(request).await;
                assert_eq!((response.status, response.code().as_str()), (401, "UNAUTHENTICATED"), "{case}");
                assert_eq!(response.header("www-authenticate"), "Bearer", "{case}");
                assert!(response.cookies().iter().all(|cookie| cookie.value().is_empty()), "{case}");
                assert_eq!(rows(&app).await, before, "{case}");
            }
        }
    }
    assert_eq!(app.mailbox.to("").len(), mails);

    // The same requests of active users are well-formed, and each changes something.
    for index in 0..covered.len() {
        let active = account(&app, &others, &format!("active{index}")).await;
        let change = changes(&active, &others).remove(index);
        wait_for_mail(&app).await;
        let before = rows(&app).await;
        let response = TestResponse::of(change.request(&app).bearer_auth(&active.token)).await;
        assert!((200..300).contains(&response.status), "{}: {}", change.name(), response.text);
        assert_ne!(rows(&app).await, before, "{}", change.name());
    }

    // Pictures that were uploaded with those tokens are removed.
    let shown = "SELECT count(*) FROM users.users WHERE avatar_url IS NOT NULL";
    wait_until("only pictures that profiles show are stored", async || {
        let shown: i64 = sqlx::query_scalar(shown).fetch_one(&app.pool).await.unwrap();
        let stored = files(app.dir.path()).len();
        stored == 2 * usize::try_from(shown).unwrap()
    })
    .await;
}
