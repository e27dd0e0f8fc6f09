//! Rate limits: they stop guessing without affecting other clients.

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;

/// Takes client addresses from `X-Forwarded-For`, as behind nginx.
const BEHIND_PROXY: &[(&str, &str)] = &[("TRUSTED_PROXIES", "127.0.0.0/8")];

/// Tries to sign in from the address `from`.
async fn sign_in(app: &TestApp, from: &str, email: &str, password: &str) -> TestResponse {
    let request = app.request(Method::POST, "/auth/login").header("x-forwarded-for", from);
    TestResponse::of(request.json(&json!({ "email": email, "password": password }))).await
}

async fn registered(app: &TestApp, name: &str) {
    app.register(name).await.expect(201);
    app.verify(name).await;
}

#[track_caller]
fn expect_limited(response: &TestResponse) -> u32 {
    response.expect_error(429, "RATE_LIMITED");
    assert_eq!(response.header("ratelimit-remaining"), "0");
    let seconds = response.header("retry-after").parse().unwrap();
    assert!(response.json()["error"]["message"].as_str().unwrap().starts_with("Too many attempts. Try again in "));
    seconds
}

#[tokio::test]
async fn guessing_is_limited_to_ten_attempts_and_then_one_a_minute() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    registered(&app, "ann").await;
    for left in (0..10).rev() {
        let response = sign_in(&app, "203.0.113.1", "ann@example.org", "wrong").await;
        response.expect_error(401, "INVALID_CREDENTIALS");
        assert_eq!(response.header("ratelimit-limit"), "10");
        assert_eq!(response.header("ratelimit-remaining"), left.to_string());
        assert_eq!(response.header("retry-after"), "");
    }
    let response = sign_in(&app, "203.0.113.1", "Ann@Example.org", PASSWORD).await;
    assert!((50..=60).contains(&expect_limited(&response)), "{:?}", response.headers);
    assert!(response.cookies().is_empty());
    sqlx::query("UPDATE users.rate_buckets SET full_at = full_at - 61").execute(&app.pool).await.unwrap();
    sign_in(&app, "203.0.113.1", "ann@example.org", "wrong").await.expect(401);
    expect_limited(&sign_in(&app, "203.0.113.1", "ann@example.org", "wrong").await);
}

#[tokio::test]
async fn an_unknown_email_is_limited_in_exactly_the_same_way() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    registered(&app, "ann").await;
    let mut seen = Vec::new();
    for (from, email) in [("203.0.113.1", "ann@example.org"), ("203.0.113.2", "unknown@example.org")] {
        let mut responses = Vec::new();
        for _ in 0..12 {
            let response = sign_in(&app, from, email, "wrong").await;
            responses.push((response.status, response.header("ratelimit-remaining").to_owned(), response.code()));
        }
        seen.push(responses);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn limits_hold_across_instances_and_restarts() {
    let first = TestApp::start_with(BEHIND_PROXY).await;
    for _ in 0..10 {
        sign_in(&first, "203.0.113.1", "ann@example.org", "wrong").await.expect(401);
    }
    let second = TestApp::start_another(&first, BEHIND_PROXY).await;
    expect_limited(&sign_in(&second, "203.0.113.1", "ann@example.org", "wrong").await);
}

#[tokio::test]
async fn spraying_one_password_over_a_thousand_accounts_is_limited_to_a_hundred() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    let mut statuses = Vec::new();
    for batch in 0..20 {
        let tries = (0..50).map(|n| {
            let email = format!("person{}@example.org", batch * 50 + n);
            let app = &app;
            async move { sign_in(app, "203.0.113.1", &email, "Winter2026!").await.status }
        });
        statuses.extend(join_all(tries).await);
    }
    let admitted = statuses.iter().filter(|status| **status == 401).count();
    // One more every three seconds.
    assert!((100..=110).contains(&admitted), "{admitted}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 1000 - admitted);
    // Other addresses are not affected.
    sign_in(&app, "203.0.113.2", "person999@example.org", "x").await.expect(401);
}

#[tokio::test]
async fn attackers_cannot_lock_out_an_owner_at_another_address() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    registered(&app, "ann").await;
    for network in 0..3 {
        let attackers = (0..50).map(|n| {
            let app = &app;
            async move { sign_in(app, &format!("198.51.{network}.{n}"), "ann@example.org", "wrong").await.status }
        });
        assert!(join_all(attackers).await.iter().all(|status| *status == 401));
    }
    // The account is now under attack: each client gets three attempts.
    for _ in 0..3 {
        sign_in(&app, "198.51.100.200", "ann@example.org", "wrong").await.expect(401);
    }
    let seconds = expect_limited(&sign_in(&app, "198.51.100.200", "ann@example.org", "wrong").await);
    assert!((1100..=1200).contains(&seconds), "{seconds}");
    sign_in(&app, "192.0.2.7", "ann@example.org", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_single_address_cannot_put_an_account_under_attack() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    registered(&app, "ann").await;
    for _ in 0..5 {
        let tries = (0..40).map(|_| sign_in(&app, "203.0.113.1", "ann@example.org", "wrong"));
        join_all(tries).await;
    }
    let elsewhere = sign_in(&app, "192.0.2.7", "ann@example.org", "mistyped").await.expect(401);
    assert_eq!((elsewhere.header("ratelimit-limit"), elsewhere.header("ratelimit-remaining")), ("10", "9"));
    sign_in(&app, "192.0.2.7", "ann@example.org", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_known_device_is_not_limited_by_a_guesser_behind_the_same_address() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    registered(&app, "ann").await;
    registered(&app, "eve").await;
    let device_of = |response: &TestResponse| format!("device={}", response.cookie("device").value());
    let ann = device_of(&sign_in(&app, "203.0.113.1", "ann@example.org", PASSWORD).await.expect(200));
    let eve = device_of(&sign_in(&app, "203.0.113.1", "eve@example.org", PASSWORD).await.expect(200));
    for _ in 0..10 {
        sign_in(&app, "203.0.113.1", "ann@example.org", "wrong").await.expect(401);
    }
    expect_limited(&sign_in(&app, "203.0.113.1", "ann@example.org", PASSWORD).await);
    let with = |cookie: &str, password: &str| {
        let request = app.request(Method::POST, "/auth/login").header("x-forwarded-for", "203.0.113.1");
        request.header("cookie", cookie).json(&json!({ "email": "ann@example.org", "password": password }))
    };
    // A device of another account is not exempt.
    expect_limited(&TestResponse::of(with(&eve, PASSWORD)).await);
    TestResponse::of(with(&ann, PASSWORD)).await.expect(200);
    // Guessing on the device itself is limited too.
    for _ in 0..10 {
        TestResponse::of(with(&ann, "wrong")).await.expect(401);
    }
    expect_limited(&TestResponse::of(with(&ann, "wrong")).await);
}

#[tokio::test]
async fn the_right_password_costs_no_attempt_and_resets_earlier_failures() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    registered(&app, "ann").await;
    for _ in 0..3 {
        for _ in 0..9 {
            sign_in(&app, "203.0.113.1", "ann@example.org", "wrong").await.expect(401);
        }
        sign_in(&app, "203.0.113.1", "ann@example.org", PASSWORD).await.expect(200);
    }
}

#[tokio::test]
async fn a_spoofed_x_forwarded_for_gives_no_new_budget() {
    // No proxy is trusted, so the header is ignored.
    let app = TestApp::start().await;
    for n in 0..10 {
        sign_in(&app, &format!("203.0.113.{n}"), "ann@example.org", "wrong").await.expect(401);
    }
    expect_limited(&sign_in(&app, "203.0.113.99", "ann@example.org", "wrong").await);
    // Behind a proxy, only the entry that the proxy added counts.
    let app = TestApp::start_with(BEHIND_PROXY).await;
    for n in 0..10 {
        sign_in(&app, &format!("198.51.100.{n}, 203.0.113.1"), "ann@example.org", "wrong").await.expect(401);
    }
    expect_limited(&sign_in(&app, "198.51.100.99, 203.0.113.1", "ann@example.org", "wrong").await);
}

#[tokio::test]
async fn registering_resending_and_refreshing_are_limited_too() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    for (path, burst, body) in [
        ("/auth/register", 300, json!({ "email": "ann@example.org", "username": "ann", "password": PASSWORD })),
        ("/auth/resend-verification", 20, json!({ "email": "unknown@example.org" })),
        ("/auth/refresh", 300, json!({})),
    ] {
        let tries = (0..burst + 20).map(|_| {
            let request = app.request(Method::POST, path).header("x-forwarded-for", "2001:db8:1:2::7").json(&body);
            async move { TestResponse::of(request).await }
        });
        let responses = join_all(tries).await;
        let limited: Vec<_> = responses.iter().filter(|response| response.status == 429).collect();
        assert!((10..=20).contains(&limited.len()), "{path}: {}", limited.len());
        expect_limited(limited[0]);
        // Other networks are not limited. Addresses in the same /64 count as the same client.
        let other = app.request(Method::POST, path).header("x-forwarded-for", "2001:db8:1:3::7").json(&body);
        assert_ne!(TestResponse::of(other).await.status, 429, "{path}");
    }
}

#[tokio::test]
async fn a_plain_form_shows_when_to_try_again() {
    let app = TestApp::start().await;
    let fields = [("email", "ann@example.org"), ("password", "wrong"), ("_back", "/login")];
    for _ in 0..10 {
        app.submit("/auth/login", &fields, "").await.expect(303);
    }
    let session = app.submit("/auth/login", &fields, "").await.expect(303).session();
    let page = app.page("/login", &session).await.expect(200);
    assert!(page.text.contains("Too many attempts. Try again in "), "{}", page.text);
}

#[tokio::test]
async fn limits_can_be_turned_off_for_load_tests() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    for _ in 0..15 {
        let response = sign_in(&app, "203.0.113.1", "ann@example.org", "wrong").await;
        response.expect_error(401, "INVALID_CREDENTIALS");
        assert_eq!(response.header("ratelimit-limit"), "");
    }
}
