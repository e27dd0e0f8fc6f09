//! `DELETE /users/me/sessions`, and every other way in which a session ends.

use std::collections::BTreeSet;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::support::{FIREFOX_ON_WINDOWS, SAFARI_ON_IOS, expect_active, ids, registered, sids, sign_in};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::mail::Mail;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::token::sid;

async fn delete(app: &TestApp, token: &str, path: &str) -> TestResponse {
    TestResponse::of(app.request(Method::DELETE, path).bearer_auth(token)).await
}

async fn end(app: &TestApp, token: &str, id: &str) -> TestResponse {
    delete(app, token, &format!("/users/me/sessions/{id}")).await
}

/// Panics unless the session's refresh token, page and access token have stopped working.
async fn expect_ended(app: &TestApp, login: &TestResponse) {
    app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.page("/timeline", &login.session()).await.expect(303);
    let patch = app.request(Method::PATCH, "/users/me").bearer_auth(login.access_token());
    TestResponse::of(patch.json(&json!({ "bio": "x" }))).await.expect_error(401, "UNAUTHENTICATED");
}

/// The sessions that `session.revoked` events of the user name, in any order.
async fn revoked(app: &TestApp, user: &str) -> Vec<String> {
    let events: Vec<Value> =
        sqlx::query_scalar("SELECT data FROM users.events WHERE type = 'session.revoked' AND subject = $1::uuid")
            .bind(user)
            .fetch_all(&app.pool)
            .await
            .unwrap();
    let mut sessions: Vec<_> = events
        .iter()
        .map(|data| {
            assert_eq!(data.as_object().unwrap().len(), 1, "{data}");
            data["sid"].as_str().unwrap().to_owned()
        })
        .collect();
    sessions.sort();
    sessions
}

/// The id of the user who signed in.
async fn user_id(app: &TestApp, login: &TestResponse) -> String {
    app.me(&login.access_token()).await.expect(200).json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn ending_another_session_acts_at_once() {
    let app = TestApp::start().await;
    let this = app.signed_in("ann").await;
    let (other, third) = (app.login("ann").await.expect(200), app.login("ann").await.expect(200));
    let ended = end(&app, &this.access_token(), &sid(&other.access_token())).await.expect(204);
    assert_eq!(ended.text, "");
    // The caller stays signed in.
    assert!(ended.cookies().is_empty(), "{:?}", ended.headers);
    expect_ended(&app, &other).await;
    // The session was ended on purpose: its old token is no sign of theft.
    app.refresh(&other.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    assert_eq!(ids(&app, &this.access_token()).await, sids([&this, &third]));
    expect_active(&app, &this).await;
    expect_active(&app, &third).await;
    // It cannot be brought back, and ending it again changes nothing.
    end(&app, &this.access_token(), &sid(&other.access_token())).await.expect(204);
    assert_eq!(revoked(&app, &user_id(&app, &this).await).await, [sid(&other.access_token())]);
    let audited: i64 = sqlx::query_scalar("SELECT count(*) FROM users.audit_log WHERE action = 'sign_ins.ended'")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(audited, 1);
}

#[tokio::test]
async fn sessions_of_others_and_unknown_ids_look_the_same_and_nothing_happens() {
    let app = TestApp::start().await;
    let (ann, ben) = (app.signed_in("ann").await, app.signed_in("ben").await);
    let mut seen = BTreeSet::new();
    let others = sid(&ben.access_token());
    for id in [others.as_str(), &others.to_uppercase(), &Uuid::now_v7().to_string(), "1", "a%00b", "..%2f1"] {
        let response = end(&app, &ann.access_token(), id).await.expect(204);
        let mut headers: Vec<_> = response.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        seen.insert((headers, response.text));
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    for table in ["audit_log", "events"] {
        let about = format!("SELECT count(*) FROM users.{table} t WHERE t::text ~ 'session|sign_ins'");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(about)).fetch_one(&app.pool).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    expect_active(&app, &ben).await;
    expect_active(&app, &ann).await;
}

#[tokio::test]
async fn ending_the_current_session_signs_out() {
    let app = TestApp::start().await;
    let (this, other) = (app.signed_in("ann").await, app.login("ann").await.expect(200));
    let path = format!("/users/me/sessions/{}", sid(&this.access_token()));
    let request = app.request(Method::DELETE, &path).header("cookie", this.session());
    let response = TestResponse::of(request.header("sec-fetch-site", "same-origin")).await.expect(204);
    for name in ["refresh_token", "__Host-session"] {
        let cookie = response.cookie(name);
        assert_eq!((cookie.value(), cookie.max_age().unwrap().whole_seconds()), ("", 0), "{name}");
    }
    expect_ended(&app, &this).await;
    let id = user_id(&app, &other).await;
    expect_active(&app, &other).await;
    assert_eq!(revoked(&app, &id).await, [sid(&this.access_token())]);
    // The same with a token.
    end(&app, &other.access_token(), &sid(&other.access_token())).await.expect(204);
    expect_ended(&app, &other).await;
}

#[tokio::test]
async fn all_others_end_unless_this_one_is_included() {
    let app = TestApp::start().await;
    let ben = app.signed_in("ben").await;
    let this = app.signed_in("ann").await;
    for query in ["", "?including_this=false"] {
        let others = [app.login("ann").await.expect(200), app.login("ann").await.expect(200)];
        let response = delete(&app, &this.access_token(), &format!("/users/me/sessions{query}")).await.expect(204);
        assert!(response.cookies().is_empty(), "{:?}", response.headers);
        for other in &others {
            expect_ended(&app, other).await;
        }
        assert_eq!(ids(&app, &this.access_token()).await, sids([&this]), "{query}");
    }
    for query in ["?including_this=maybe", "?including_this=1"] {
        let response = delete(&app, &this.access_token(), &format!("/users/me/sessions{query}")).await;
        response.expect_error(422, "VALIDATION_FAILED");
    }
    expect_active(&app, &this).await;
    // The third request found no other session.
    delete(&app, &this.access_token(), "/users/me/sessions").await.expect(204);
    let statement = "SELECT count(*) FROM users.audit_log WHERE action = 'sign_ins.ended'";
    let recorded: i64 = sqlx::query_scalar(statement).fetch_one(&app.pool).await.unwrap();
    assert_eq!(recorded, 2);

    let other = app.login("ann").await.expect(200);
    let request = app.request(Method::DELETE, "/users/me/sessions?including_this=true");
    let request = request.header("cookie", this.session()).header("sec-fetch-site", "same-origin");
    let response = TestResponse::of(request).await.expect(204);
    for name in ["refresh_token", "__Host-session"] {
        assert_eq!(response.cookie(name).max_age().unwrap().whole_seconds(), 0, "{name}");
    }
    expect_ended(&app, &this).await;
    expect_ended(&app, &other).await;
    expect_active(&app, &ben).await;
}

#[tokio::test]
async fn no_refresh_outruns_the_end_of_its_session() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let this = app.signed_in("ann").await;
    let token = this.access_token();
    for round in 0..40 {
        let other = app.login("ann").await.expect(200);
        let path = match round % 2 {
            0 => format!("/users/me/sessions/{}", sid(&other.access_token())),
            _ => "/users/me/sessions".to_owned(),
        };
        // Two tabs refresh until they cannot.
        let refreshing = async || {
            let mut token = other.refresh_token();
            loop {
                let response = app.refresh(&token).await;
                if response.status != 200 {
                    response.expect_error(401, "INVALID_REFRESH_TOKEN");
                    return token;
                }
                token = response.refresh_token();
            }
        };
        let ending = async {
            // At another moment of the refreshes in each round.
            for _ in 0..round % 4 {
                app.get("/livez").await.expect(200);
            }
            delete(&app, &token, &path).await.expect(204);
            // From here on, nothing works, not even a refresh that is under way.
            let live = "SELECT count(*) FROM users.refresh_tokens t JOIN users.sign_ins s ON s.user_id = t.user_id AND s.id = t.family_id
                        WHERE NOT t.revoked AND s.revoked_at IS NULL AND s.id = $1::uuid";
            let live = sqlx::query_scalar::<_, i64>(live).bind(sid(&other.access_token())).fetch_one(&app.pool).await;
            assert_eq!(live.unwrap(), 0, "round {round}");
        };
        let (last, ()) = tokio::join!(join_all([refreshing(), refreshing()]), ending);
        for token in last {
            app.refresh(&token).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        }
        assert_eq!(ids(&app, &token).await, sids([&this]), "round {round}");
    }
    expect_active(&app, &this).await;
}

#[tokio::test]
async fn signing_in_again_in_the_same_browser_ends_the_session_before() {
    let app = TestApp::start().await;
    let elsewhere = app.signed_in("ann").await;
    let mut last = app.login("ann").await.expect(200);
    let cookies: [fn(&TestResponse) -> String; 3] = [
        |login| format!("refresh_token={}", login.refresh_token()),
        TestResponse::session,
        |login| format!("refresh_token={}; {}", login.refresh_token(), login.session()),
    ];
    for cookies in cookies {
        let again = sign_in(&app, "ann", &[("cookie", &cookies(&last))]).await.expect(200);
        expect_ended(&app, &last).await;
        assert_eq!(ids(&app, &again.access_token()).await, sids([&elsewhere, &again]));
        last = again;
    }
    // Another user in the same browser ends it, too.
    registered(&app, "ben").await;
    let ben = sign_in(&app, "ben", &[("cookie", &last.session())]).await.expect(200);
    expect_ended(&app, &last).await;
    expect_active(&app, &ben).await;
    expect_active(&app, &elsewhere).await;
}

#[tokio::test]
async fn a_failed_sign_in_leaves_the_session_of_the_browser_alone() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let cookies = format!("refresh_token={}; {}", login.refresh_token(), login.session());
    let body = json!({ "email": "ann@example.org", "password": "mistaken pass" });
    let request = app.request(Method::POST, "/auth/login").header("cookie", cookies).json(&body);
    TestResponse::of(request).await.expect_error(401, "INVALID_CREDENTIALS");
    expect_active(&app, &login).await;
}

#[tokio::test]
async fn every_way_of_ending_a_session_is_an_event_that_names_it() {
    let app = TestApp::start().await;
    let send = async |method: Method, path: &str, login: &TestResponse, body: Value| {
        TestResponse::of(app.request(method, path).bearer_auth(login.access_token()).json(&body)).await
    };
    for way in [
        "sign-out",
        "sign-in again",
        "one session",
        "all others",
        "all",
        "password change",
        "password reset",
        "reuse of a refresh token",
        "deletion",
    ] {
        let name = way.replace([' ', '-'], "_");
        let this = app.signed_in(&name).await;
        let other = app.login(&name).await.expect(200);
        let user = user_id(&app, &this).await;
        let (this_id, other_id) = (sid(&this.access_token()), sid(&other.access_token()));
        let mut both = vec![this_id.clone(), other_id.clone()];
        both.sort();
        let cookie = format!("refresh_token={}; {}", other.refresh_token(), other.session());
        let expected = match way {
            "sign-out" => {
                let request = || app.request(Method::POST, "/auth/logout").header("cookie", &cookie);
                TestResponse::of(request()).await.expect(204);
                // The second time, there is nothing to end.
                TestResponse::of(request()).await.expect(204);
                vec![other_id]
            }
            "sign-in again" => {
                sign_in(&app, &name, &[("cookie", &cookie)]).await.expect(200);
                vec![other_id]
            }
            "one session" => {
                end(&app, &this.access_token(), &other_id).await.expect(204);
                vec![other_id]
            }
            "all others" => {
                delete(&app, &this.access_token(), "/users/me/sessions").await.expect(204);
                vec![other_id]
            }
            "all" => {
                delete(&app, &this.access_token(), "/users/me/sessions?including_this=true").await.expect(204);
                both
            }
            "password change" => {
                let body = json!({ "current_password": PASSWORD, "password": "another horse battery" });
                send(Method::PUT, "/users/me/password", &this, body).await.expect(200);
                vec![other_id]
            }
            "password reset" => {
                let address = format!("{name}@example.org");
                app.post("/auth/forgot-password", json!({ "email": address })).await.expect(202);
                let link = |mail: &Mail| {
                    let found = mail.text.lines().find_map(|line| line.split_once("/reset-password?token="));
                    found.map(|(_, token)| token.to_owned())
                };
                wait_until("a reset link", async || app.mailbox.to(&address).iter().any(|mail| link(mail).is_some()))
                    .await;
                let token = app.mailbox.to(&address).iter().find_map(link);
                let body = json!({ "token": token, "password": "another horse battery" });
                app.post("/auth/reset-password", body).await.expect(204);
                both
            }
            "reuse of a refresh token" => {
                app.refresh(&other.refresh_token()).await.expect(200);
                sqlx::query("UPDATE users.refresh_tokens SET rotated_at = now() - interval '11 seconds'")
                    .execute(&app.pool)
                    .await
                    .unwrap();
                app.refresh(&other.refresh_token()).await.expect(401);
                vec![other_id]
            }
            _ => {
                send(Method::POST, "/users/me/deletion", &this, json!({})).await.expect(202);
                both
            }
        };
        assert_eq!(revoked(&app, &user).await, expected, "{way}");
    }
}

#[tokio::test]
async fn sessions_can_be_ended_without_javascript() {
    let app = TestApp::start().await;
    registered(&app, "ann").await;
    let this = sign_in(&app, "ann", &[("user-agent", FIREFOX_ON_WINDOWS)]).await.expect(200);
    let phone = sign_in(&app, "ann", &[("user-agent", SAFARI_ON_IOS)]).await.expect(200);
    let (second, third) = (app.login("ann").await.expect(200), app.login("ann").await.expect(200));

    let page = app.page("/settings/security", &this.session()).await.expect(200);
    assert!(page.text.contains("Firefox on Windows") && page.text.contains("Safari on iOS"), "{}", page.text);
    assert_eq!(page.text.matches("This device").count(), 1, "{}", page.text);
    let path = |login: &TestResponse| format!("/users/me/sessions/{}", sid(&login.access_token()));
    for login in [&this, &phone, &second, &third] {
        assert!(page.text.contains(&format!(r#"action="{}""#, path(login))), "{}", page.text);
    }

    let back = [("_method", "DELETE"), ("_back", "/settings/security#sessions")];
    let posted = app.submit(&path(&phone), &back, &this.session()).await.expect(303);
    assert_eq!(posted.header("location"), "/settings/security#sessions");
    expect_ended(&app, &phone).await;
    assert_eq!(ids(&app, &this.access_token()).await, sids([&this, &second, &third]));

    let fields = [back.as_slice(), &[("including_this", "false")]].concat();
    app.submit("/users/me/sessions", &fields, &this.session()).await.expect(303);
    expect_ended(&app, &second).await;
    expect_ended(&app, &third).await;
    assert_eq!(ids(&app, &this.access_token()).await, sids([&this]));

    let fields = [back.as_slice(), &[("_next", "/")]].concat();
    let posted = app.submit(&path(&this), &fields, &this.session()).await.expect(303);
    assert_eq!(posted.header("location"), "/");
    assert_eq!(posted.cookie("refresh_token").value(), "");
    expect_ended(&app, &this).await;
    // A visitor's form leads to the page, which asks to sign in.
    let posted = app.submit("/users/me/sessions", &back, "").await.expect(303);
    assert_eq!(posted.header("location"), "/settings/security#sessions");
}
