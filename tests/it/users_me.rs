//! `GET /users/me`: USER-BE-003.1, and tokens that are not good.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{KEY, TestApp};

#[tokio::test]
async fn user_be_003_1_s1_own_profile_returned() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let body = app.me(&login.access_token()).await.expect(200).json();
    for field in ["id", "username", "display_name", "bio", "avatar_url", "created_at"] {
        assert!(body.get(field).is_some(), "{field}: {body}");
    }
    assert_eq!((&body["username"], &body["display_name"]), (&json!("ann"), &Value::Null));
    assert!(!body.to_string().contains("$2b$"));
}

#[tokio::test]
async fn without_a_token_the_answer_is_401_with_a_challenge() {
    let app = TestApp::start().await;
    let answer = app.get("/users/me").await;
    answer.expect_error(401, "UNAUTHENTICATED");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_bad_token_is_refused_even_beside_a_good_session() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let by_session = app.request(Method::GET, "/users/me").header("cookie", login.session());
    Answer::of(by_session).await.expect(200);
    for authorization in ["Bearer nonsense", "Bearer ", "Bearer", "Basic YW5uOnB3", ""] {
        let request = app.request(Method::GET, "/users/me").header("cookie", login.session());
        Answer::of(request.header("authorization", authorization)).await.expect_error(401, "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn forged_and_spent_tokens_are_refused() {
    let app = TestApp::start().await;
    let good = app.signed_in("ann").await.access_token();
    let read = |index: usize| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(good.split('.').nth(index).unwrap()).unwrap()).unwrap()
    };
    let (header, claims) = (read(0), read(1));
    let kid = header["kid"].as_str().unwrap().to_owned();
    let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).unwrap();
    let sign = |header: Header, claims: &Value| encode(&header, claims, &key).unwrap();
    let rs256 = |kid: &str| Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::RS256) };
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    app.me(&sign(rs256(&kid), &claims)).await.expect(200);

    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = format!("{}.{}.", part(&json!({ "alg": "none", "kid": kid })), part(&claims));
    let hs256 = Header { kid: Some(kid.clone()), ..Header::new(Algorithm::HS256) };
    let hs256 = encode(&hs256, &claims, &EncodingKey::from_secret(KEY.as_bytes())).unwrap();
    let other_key = kith::server::signing_key::generate().unwrap();
    let other_key = encode(&rs256(&kid), &claims, &EncodingKey::from_rsa_pem(other_key.as_bytes()).unwrap()).unwrap();
    let now = claims["iat"].as_i64().unwrap();
    let attacks = [
        ("alg none", none),
        ("HS256 with the key", hs256),
        ("another key", other_key),
        ("foreign kid", sign(rs256("foreign"), &claims)),
        ("expired", sign(rs256(&kid), &with("exp", json!(now - 31)))),
        ("foreign issuer", sign(rs256(&kid), &with("iss", json!("https://evil.example")))),
        ("foreign audience", sign(rs256(&kid), &with("aud", json!("other")))),
        ("cut off", good[..good.len() - 4].to_owned()),
    ];
    for (attack, token) in attacks {
        let answer = app.me(&token).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHENTICATED"), "{attack}");
    }
}

#[tokio::test]
async fn the_token_of_a_deleted_account_is_refused() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    sqlx::query("DELETE FROM users.users").execute(&app.pool).await.unwrap();
    app.me(&token).await.expect_error(401, "UNAUTHENTICATED");
}
