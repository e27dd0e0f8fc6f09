//! Password guessing from many networks is limited, and the account's owner can still sign in.

use std::time::Instant;

use futures::future::join_all;
use futures::{StreamExt as _, stream};
use kith::base::rate_limit::RateLimits;
use kith::domain::sign_in::limits::admit;
use kith::model::error::{ApiError, ErrorCode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::database::database;
use crate::support::response::TestResponse;

const BEHIND_PROXY: &[(&str, &str)] = &[("TRUSTED_PROXIES", "127.0.0.0/8")];
const ANN: &str = "ann@example.org";

/// Starts the service with Ann's account.
async fn app_with_ann() -> TestApp {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    app
}

async fn post(app: &TestApp, from: &str, path: &str, body: Value) -> TestResponse {
    TestResponse::of(app.request(Method::POST, path).header("x-forwarded-for", from).json(&body)).await
}

async fn sign_in(app: &TestApp, from: &str, password: &str) -> TestResponse {
    post(app, from, "/auth/login", json!({ "email": ANN, "password": password })).await
}

/// Guesses from random /64s in `network`, given by the leading groups of an IPv6 address. Returns the number of
/// evaluated guesses. Each guess checks the limits as the route does, without checking a password.
async fn guess(limits: &RateLimits, network: &str, times: usize) -> usize {
    let guesses = stream::iter(0..times).map(|_| async {
        let admission = admit(limits, ANN, &networks(network), None).await.unwrap();
        let is_admitted = admission.is_admitted;
        if is_admitted {
            let wrong: Result<(), ApiError> = Err(ErrorCode::InvalidCredentials.into());
            admission.settle(limits, &wrong).await.unwrap();
        }
        is_admitted
    });
    guesses.buffer_unordered(4).filter(|is_admitted| std::future::ready(*is_admitted)).count().await
}

async fn limits(app: &TestApp) -> RateLimits {
    RateLimits::new(database(&app.pool).await, true)
}

/// A random /64 in `network`, and the networks that contain it.
fn networks(network: &str) -> Vec<String> {
    let given = network.split(':').map(|group| u16::from_str_radix(group, 16).unwrap());
    let groups: Vec<u16> = given.chain(std::iter::repeat_with(|| fastrand::u16(..))).take(4).collect();
    let address = std::net::Ipv6Addr::new(groups[0], groups[1], groups[2], groups[3], 0, 0, 0, 1);
    kith::rest::server::request::ClientAddress(address.into()).networks()
}

#[tokio::test]
async fn few_guesses_from_a_32_are_evaluated_and_the_owner_can_sign_in() {
    let app = app_with_ann().await;
    let device = sign_in(&app, "192.0.2.1", PASSWORD).await.expect(200).cookie("device").value().to_owned();
    // `make bench BENCH=guessing` makes a hundred thousand guesses.
    let evaluated = guess(&limits(&app).await, "2001:db8", 5_000).await;
    assert!((100..=200).contains(&evaluated), "{evaluated}");
    // From another network, the owner mistypes the password once.
    sign_in(&app, "192.0.2.7", "mistyped").await.expect(401);
    sign_in(&app, "192.0.2.7", PASSWORD).await.expect(200);
    // On a known device, the owner can sign in from any network.
    let request = app.request(Method::POST, "/auth/login").header("x-forwarded-for", "2001:db8:1::1");
    let request = request.header("cookie", format!("device={device}"));
    TestResponse::of(request.json(&json!({ "email": ANN, "password": PASSWORD }))).await.expect(200);
}

#[tokio::test]
async fn nested_subscriber_networks_have_nested_budgets() {
    for (network, at_most) in [("2001:db8:1:aa", 12), ("2001:db8:1", 70)] {
        let app = app_with_ann().await;
        let evaluated = guess(&limits(&app).await, network, 300).await;
        assert!((10..=at_most).contains(&evaluated), "{network}: {evaluated}");
    }
    // A /56, one /64 after another.
    let app = app_with_ann().await;
    let (limits, mut evaluated) = (limits(&app).await, 0);
    for subnet in 0..16 {
        evaluated += guess(&limits, &format!("2001:db8:1:{:x}", 0xaa00 + subnet), 10).await;
    }
    assert!((30..=35).contains(&evaluated), "{evaluated}");
}

#[tokio::test]
async fn eight_hundred_ipv4_networks_exhaust_the_total_and_a_known_device_can_sign_in() {
    let app = app_with_ann().await;
    let device = sign_in(&app, "192.0.2.1", PASSWORD).await.expect(200).cookie("device").value().to_owned();
    let mut evaluated = 0;
    for block in 0..40 {
        let guesses = (0..20).map(|n| {
            let app = &app;
            async move { sign_in(app, &format!("10.{block}.{n}.1"), "wrong").await.status }
        });
        evaluated += join_all(guesses).await.into_iter().filter(|status| *status == 401).count();
    }
    assert!((250..=400).contains(&evaluated), "{evaluated}");
    sign_in(&app, "192.0.2.7", PASSWORD).await.expect_error(429, "RATE_LIMITED");
    let request = app.request(Method::POST, "/auth/login").header("x-forwarded-for", "192.0.2.7");
    let request = request.header("cookie", format!("device={device}"));
    TestResponse::of(request.json(&json!({ "email": ANN, "password": PASSWORD }))).await.expect(200);
}

#[tokio::test]
async fn password_spraying_from_a_56_is_limited() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    let (limits, started, mut evaluated) = (limits(&app).await, Instant::now(), 0);
    for n in 0..1_600 {
        let networks = networks(&format!("2001:db8:1:{:x}", 0xaa00 + n % 256));
        let admission = admit(&limits, &format!("person{n}@example.org"), &networks, None).await.unwrap();
        evaluated += usize::from(admission.is_admitted);
    }
    // 400, and four more every three seconds.
    let at_most = 410 + usize::try_from(started.elapsed().as_secs() * 4 / 3).unwrap();
    assert!((400..=at_most).contains(&evaluated), "{evaluated} of {at_most}");
}

#[tokio::test]
async fn an_overloaded_response_uses_no_attempts() {
    let app = app_with_ann().await;
    let mut blocker = app.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE users.sign_ins").execute(&mut *blocker).await.unwrap();
    for _ in 0..2 {
        for response in join_all((0..6).map(|_| sign_in(&app, "192.0.2.7", PASSWORD))).await {
            response.expect_error(503, "OVERLOADED");
        }
    }
    blocker.rollback().await.unwrap();
    sign_in(&app, "192.0.2.7", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn an_internal_error_uses_no_attempts() {
    let app = app_with_ann().await;
    let rename = async |from: &str, to: &str| {
        let statement = format!("ALTER TABLE users.{from} RENAME TO {to}");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&app.pool).await.unwrap();
    };
    rename("sign_ins", "moved").await;
    for _ in 0..12 {
        sign_in(&app, "192.0.2.7", PASSWORD).await.expect_error(500, "INTERNAL");
    }
    rename("moved", "sign_ins").await;
    sign_in(&app, "192.0.2.7", PASSWORD).await.expect(200);
}
