//! Access tokens: validation, published keys, and key rotation.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use kith::domain::sign_in::access_token::TokenKeys;
use kith::server::config::signing::Signing;
use kith::server::config::signing_key;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::support::app::{KEY, TestApp};

/// The public key of a private key, as `openssl pkey -pubout` writes it.
fn public_pem(private: &str) -> String {
    let pair = signing_key::parse(private).unwrap();
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref()))
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn forged_and_expired_tokens_are_rejected() {
    let app = TestApp::start().await;
    let good = app.signed_in("ann").await.access_token();
    let (header, claims) = (part(&good, 0), part(&good, 1));
    let kid = header["kid"].as_str().unwrap().to_owned();
    let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).unwrap();
    let sign = |header: Header, claims: &Value| encode(&header, claims, &key).unwrap();
    let header = |algorithm: Algorithm, kid: &str, typ: Option<&str>| Header {
        kid: Some(kid.to_owned()),
        typ: typ.map(str::to_owned),
        ..Header::new(algorithm)
    };
    let rs256 = |kid: &str| header(Algorithm::RS256, kid, Some("at+jwt"));
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    app.me(&sign(rs256(&kid), &claims)).await.expect(200);
    // From now on, the service remembers it.
    app.me(&good).await.expect(200);

    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = format!("{}.{}.", text(&json!({ "alg": "none", "kid": kid, "typ": "at+jwt" })), text(&claims));
    let hs256 = |secret: &str| {
        let header = header(Algorithm::HS256, &kid, Some("at+jwt"));
        encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    };
    let other_key = signing_key::generate().unwrap();
    let other_key = encode(&rs256(&kid), &claims, &EncodingKey::from_rsa_pem(other_key.as_bytes()).unwrap()).unwrap();
    let now = claims["iat"].as_i64().unwrap();
    let attacks = [
        ("alg none", none),
        ("HS256 with the public key", hs256(&public_pem(&KEY))),
        ("HS256 with the private key", hs256(&KEY)),
        ("another key", other_key),
        ("foreign kid", sign(rs256("foreign"), &claims)),
        ("kid that is a path", sign(rs256("../../dev/null"), &claims)),
        ("RS512", sign(header(Algorithm::RS512, &kid, Some("at+jwt")), &claims)),
        ("another type of token", sign(header(Algorithm::RS256, &kid, Some("JWT")), &claims)),
        ("no type", sign(header(Algorithm::RS256, &kid, None), &claims)),
        ("expired", sign(rs256(&kid), &with("exp", json!(now - 31)))),
        ("foreign issuer", sign(rs256(&kid), &with("iss", json!("https://evil.example")))),
        ("foreign audience", sign(rs256(&kid), &with("aud", json!("other")))),
        ("cut off", good[..good.len() - 4].to_owned()),
        ("other claims with the same signature", {
            let claims = text(&with("roles", json!(["user", "admin"])));
            [good.split('.').next().unwrap(), &claims, good.rsplit('.').next().unwrap()].join(".")
        }),
    ];
    for (attack, token) in attacks {
        let response = app.me(&token).await;
        assert_eq!((response.status, response.code().as_str()), (401, "UNAUTHENTICATED"), "{attack}");
    }
    // Small clock differences are tolerated.
    app.me(&sign(rs256(&kid), &with("exp", json!(now - 25)))).await.expect(200);
}

#[tokio::test]
async fn a_token_that_was_accepted_expires_all_the_same() {
    let app = TestApp::start().await;
    let keys = keys_of(&app);
    let token = app.signed_in("ann").await.access_token();
    let issued = OffsetDateTime::from_unix_timestamp(part(&token, 1)["iat"].as_i64().unwrap()).unwrap();
    let is_valid = |age| keys.verify(&token, issued + age).is_ok();
    assert!(is_valid(Duration::ZERO) && is_valid(Duration::minutes(15)));
    assert!(!is_valid(Duration::minutes(16)), "beyond the tolerance");
    assert!(is_valid(Duration::minutes(14)), "the clock of the database may be set back");

    let expiring = keys.sign_for_service("posts", Duration::seconds(-28)).unwrap();
    app.me(&expiring).await.expect_error(403, "FORBIDDEN");
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    app.me(&expiring).await.expect_error(401, "UNAUTHENTICATED");
}

/// The keys that the service signs and verifies tokens with.
fn keys_of(app: &TestApp) -> TokenKeys {
    let lookup = |name: &str| match name {
        "JWT_PRIVATE_KEY" => Some(KEY.clone()),
        "PUBLIC_URL" => Some(app.origin.clone()),
        _ => None,
    };
    Signing::from_lookup(lookup).unwrap().token_keys().unwrap()
}

/// Verifies a token as another service does, with only the published keys.
async fn verify_externally(app: &TestApp, token: &str) -> Option<Value> {
    let response = app.get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(response.header("content-type"), "application/jwk-set+json");
    assert_eq!(response.header("cache-control"), "public, max-age=300");
    let set: JwkSet = serde_json::from_str(&response.text).unwrap();
    let jwk = set.find(&decode_header(token).unwrap().kid.unwrap())?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["kith"]);
    Some(decode(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap().claims)
}

#[tokio::test]
async fn other_services_can_verify_tokens_with_the_published_key_alone() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    assert_eq!(verify_externally(&app, &token).await.unwrap()["email"], "ann@example.org");
    let set = app.get("/.well-known/jwks.json").await.json();
    let keys = set["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let members: Vec<_> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"], "nothing private");
    assert_eq!((&keys[0]["alg"], &keys[0]["use"]), (&json!("RS256"), &json!("sig")));
}

/// Follows the rotation steps in docs/operations.md, with two instances that restart at different times.
#[tokio::test]
async fn a_key_rotation_signs_no_user_out() {
    let next = signing_key::generate().unwrap();
    let (old_public, next_public) = (public_pem(&KEY), public_pem(&next));
    let origin = ("PUBLIC_URL", "https://kith.example");
    let before = TestApp::start_with(&[origin]).await;
    let old_token = before.signed_in("ann").await.access_token();

    // 1. The next key is published, but does not sign yet.
    let announced = TestApp::start_another(&before, &[origin, ("JWT_PREVIOUS_KEYS", &next_public)]).await;
    assert_eq!(announced.login("ann").await.expect(200).access_token().split('.').next(), old_token.split('.').next());
    assert_eq!(announced.get("/.well-known/jwks.json").await.json()["keys"].as_array().unwrap().len(), 2);

    // 2. The next key signs, and the old one is still accepted.
    let after =
        TestApp::start_another(&before, &[origin, ("JWT_PRIVATE_KEY", &next), ("JWT_PREVIOUS_KEYS", &old_public)])
            .await;
    let new_token = after.login("ann").await.expect(200).access_token();
    for app in [&announced, &after] {
        for token in [&old_token, &new_token] {
            app.me(token).await.expect(200);
            assert!(verify_externally(app, token).await.is_some());
        }
    }

    // 3. The old key is removed.
    let done = TestApp::start_another(&before, &[origin, ("JWT_PRIVATE_KEY", &next)]).await;
    done.me(&new_token).await.expect(200);
    done.me(&old_token).await.expect_error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_service_is_not_a_user() {
    let app = TestApp::start().await;
    let keys = keys_of(&app);
    let token = keys.sign_for_service("posts", Duration::days(90)).unwrap();
    app.me(&token).await.expect_error(403, "FORBIDDEN");
    let expired = keys.sign_for_service("posts", Duration::seconds(-31)).unwrap();
    app.me(&expired).await.expect_error(401, "UNAUTHENTICATED");
}
