//! `POST /auth/login`: USER-STORY-002, USER-BE-002.1

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::SameSite;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

#[tokio::test]
async fn user_be_002_1_s1_valid_credentials_return_tokens() {
    let app = TestApp::start().await;
    let user = app.register("ann").await.expect(201).json();
    app.verify("ann").await;
    let response = app.login("ann").await.expect(200);

    let body = response.json();
    assert_eq!(body.as_object().unwrap().len(), 3);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(900)));
    assert_eq!(response.header("cache-control"), "no-store");

    let cookie = response.cookie("refresh_token");
    assert_eq!((cookie.http_only(), cookie.secure()), (Some(true), Some(true)));
    assert_eq!((cookie.same_site(), cookie.path()), (Some(SameSite::Lax), Some("/auth")));
    assert_eq!(cookie.max_age().unwrap().whole_days(), 30);
    assert!(!response.text.contains(cookie.value()));

    let token = URL_SAFE_NO_PAD.decode(cookie.value()).unwrap();
    assert_eq!(token.len(), 80);
    let (hash, family_hash, ids, days, revoked): (Vec<u8>, Vec<u8>, Vec<uuid::Uuid>, f64, bool) = sqlx::query_as(
        "SELECT token_hash, family_secret_hash, ARRAY[t.user_id, s.id],
                (extract(epoch FROM expires_at - now()) / 86400)::float8, revoked
         FROM users.refresh_tokens t JOIN users.sign_ins s ON s.user_id = t.user_id AND s.id = family_id",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(hash, digest(&SHA256, &token[48..]).as_ref());
    assert_eq!(family_hash, digest(&SHA256, &token[32..48]).as_ref());
    assert_eq!(ids.iter().flat_map(|id| *id.as_bytes()).collect::<Vec<_>>(), token[..32]);
    assert_eq!(json!(ids[0].to_string()), user["id"]);
    assert!((days - 30.0).abs() < 0.01, "{days}");
    assert!(!revoked);
}

#[tokio::test]
async fn user_story_002_s1_the_access_token_is_an_rs256_jwt_with_user_id_email_and_roles() {
    let app = TestApp::start().await;
    let user = app.register("ann").await.expect(201).json();
    app.verify("ann").await;
    let token = app.login("ann").await.expect(200).access_token();
    let (header, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!(header["alg"], "RS256");
    assert!(header["kid"].is_string());
    assert_eq!((&claims["user_id"], &claims["sub"]), (&user["id"], &user["id"]));
    assert_eq!((&claims["email"], &claims["roles"]), (&json!("ann@example.org"), &json!(["user"])));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert_eq!(app.me(&token).await.expect(200).json()["id"], user["id"]);
}

/// USER-STORY-002-S2, USER-STORY-002-S3
#[tokio::test]
async fn user_be_002_1_s2_a_wrong_password_and_an_unknown_email_get_the_same_response() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    app.register("new").await.expect(201);
    let attempts = [
        json!({ "email": "ann@example.org", "password": "wrong password" }),
        json!({ "email": "unknown@example.org", "password": PASSWORD }),
        // An unverified account with a wrong password.
        json!({ "email": "new@example.org", "password": "wrong password" }),
        json!({ "email": "not even an address", "password": PASSWORD }),
        json!({ "email": "ann@example.org", "password": format!("{PASSWORD}{}", " ".repeat(80)) }),
    ];
    let mut texts = Vec::new();
    for body in attempts {
        let response = app.post("/auth/login", body).await;
        response.expect_error(401, "INVALID_CREDENTIALS");
        assert!(response.cookies().is_empty());
        texts.push(response.text);
    }
    texts.dedup();
    assert_eq!(texts, [r#"{"error":{"code":"INVALID_CREDENTIALS","message":"Invalid email or password"}}"#]);
    assert_eq!(app.count("refresh_tokens").await, 0);
}

#[tokio::test]
async fn the_right_password_of_an_unverified_account_returns_403() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let response = app.login("ann").await;
    response.expect_error(403, "EMAIL_NOT_VERIFIED");
    assert!(response.cookies().is_empty());
    assert_eq!(app.count("refresh_tokens").await, 0);
}

#[tokio::test]
async fn the_email_is_case_insensitive() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    app.post("/auth/login", json!({ "email": " Ann@EXAMPLE.org ", "password": PASSWORD })).await.expect(200);
}

#[tokio::test]
async fn empty_fields_are_named() {
    let app = TestApp::start().await;
    let response = app.post("/auth/login", json!({})).await;
    response.expect_error(422, "VALIDATION_FAILED");
    assert_eq!(response.json()["error"]["fields"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn session_fixation_a_planted_session_is_not_reused() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    // The attacker gets a session from a failed form and plants it in the victim's browser.
    let planted = app.submit("/auth/login", &[("email", "x"), ("password", "y")], "").await.expect(303).session();
    let fields = [("email", "ann@example.org"), ("password", PASSWORD), ("_next", "/timeline")];
    let signed_in = app.submit("/auth/login", &fields, &planted).await.expect(303);
    assert_ne!(signed_in.session(), planted);
    app.page("/timeline", &planted).await.expect(303);
    app.page("/timeline", &signed_in.session()).await.expect(200);
}

#[tokio::test]
async fn a_hash_with_a_lower_cost_is_upgraded_at_sign_in() {
    let before = TestApp::start().await;
    before.register("ann").await.expect(201);
    before.verify("ann").await;
    let app = TestApp::start_another(&before, &[("BCRYPT_COST", "5")]).await;
    let hash = async || -> String {
        sqlx::query_scalar("SELECT password_hash FROM users.users").fetch_one(&app.pool).await.unwrap()
    };
    app.post("/auth/login", json!({ "email": "ann@example.org", "password": "wrong" })).await.expect(401);
    assert!(hash().await.starts_with("$2b$04$"));
    app.login("ann").await.expect(200);
    let raised = hash().await;
    assert!(raised.starts_with("$2b$05$"), "{raised}");
    app.login("ann").await.expect(200);
    assert_eq!(hash().await, raised);
}
