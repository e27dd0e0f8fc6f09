//! `POST /auth/register`: USER-STORY-001, USER-BE-001.1

use futures::future::join_all;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::app::{PASSWORD, TestApp};

#[tokio::test]
async fn user_be_001_1_s1_a_valid_payload_creates_an_unverified_user() {
    let app = TestApp::start().await;
    let response = app.register("ann").await.expect(201);
    let body = response.json();
    let mut keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["created_at", "email", "id", "username"]);
    assert_eq!((&body["email"], &body["username"]), (&json!("ann@example.org"), &json!("ann")));
    let created_at = OffsetDateTime::parse(body["created_at"].as_str().unwrap(), &Rfc3339).unwrap();
    assert!((OffsetDateTime::now_utc() - created_at).whole_seconds().abs() < 60);

    let (id, hash, verified): (uuid::Uuid, String, bool) =
        sqlx::query_as("SELECT id, password_hash, email_verified FROM users.users").fetch_one(&app.pool).await.unwrap();
    assert_eq!(id.to_string(), body["id"]);
    assert_eq!(id.get_version_num(), 7);
    assert!(hash.starts_with("$2b$04$"), "{hash}");
    assert!(bcrypt::verify(PASSWORD, &hash).unwrap());
    assert!(!verified);
    assert_eq!(app.count("email_verifications").await, 1);
}

/// USER-STORY-001-S2
#[tokio::test]
async fn user_be_001_1_s2_a_duplicate_email_is_rejected_in_any_letter_case() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    for email in ["ann@example.org", "ANN@Example.ORG", "  ann@example.org "] {
        let response =
            app.post("/auth/register", json!({ "email": email, "username": "bob", "password": PASSWORD })).await;
        response.expect_error(409, "EMAIL_ALREADY_EXISTS");
        assert_eq!(response.json()["error"]["message"], "This email is already registered");
    }
    assert_eq!((app.count("users").await, app.count("email_verifications").await), (1, 1));
}

#[tokio::test]
async fn a_repeated_registration_reports_the_duplicate_email() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.register("ann").await.expect_error(409, "EMAIL_ALREADY_EXISTS");
}

#[tokio::test]
async fn a_duplicate_username_is_rejected_in_any_letter_case() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let body = json!({ "email": "bob@example.org", "username": "ANN", "password": PASSWORD });
    app.post("/auth/register", body).await.expect_error(409, "USERNAME_TAKEN");
    assert_eq!(app.count("users").await, 1);
}

#[tokio::test]
async fn user_story_001_s3_every_invalid_field_is_named_and_nothing_is_created() {
    let app = TestApp::start().await;
    let cases = [
        (json!({ "email": "notanemail", "username": "ann", "password": PASSWORD }), vec!["email"]),
        (json!({ "email": "ann@example.org", "username": "ann", "password": "1234567" }), vec!["password"]),
        (json!({ "email": "ann@example.org", "username": "a", "password": PASSWORD }), vec!["username"]),
        (json!({ "email": "ann@example.org", "username": "ann", "password": "x".repeat(73) }), vec!["password"]),
        (json!({ "email": "ann@example.org", "username": "ann" }), vec!["password"]),
        (json!({ "email": null, "username": "ann", "password": PASSWORD }), vec!["email"]),
        (json!({ "email": "ann@example.org", "username": 7, "password": PASSWORD }), vec!["username"]),
        (json!({}), vec!["email", "password", "username"]),
    ];
    for (body, fields) in cases {
        let response = app.post("/auth/register", body.clone()).await;
        response.expect_error(422, "VALIDATION_FAILED");
        let errors = response.json()["error"]["fields"].clone();
        let named: Vec<_> = errors.as_object().unwrap().keys().cloned().collect();
        assert_eq!(named, fields, "{body}");
        assert!(errors.as_object().unwrap().values().all(|messages| messages[0].is_string()), "{errors}");
    }
    assert_eq!(app.count("users").await, 0);
}

#[tokio::test]
async fn every_accepted_address_can_be_mailed() {
    let app = TestApp::start().await;
    for (name, local, carried) in [("one", "a..b", "\"a..b\""), ("two", "xyz.", "\"xyz.\""), ("three", ".a", "\".a\"")]
    {
        let body = json!({ "email": format!("{local}@docomo.example"), "username": name, "password": PASSWORD });
        app.post("/auth/register", body).await.expect(201);
        app.mailbox.wait_for(&format!("{carried}@docomo.example"), 1).await;
    }
    // With quotes, it would be longer than RFC 5321 allows.
    let email = format!("{}.@docomo.example", "a".repeat(62));
    let body = json!({ "email": email, "username": "four", "password": PASSWORD });
    app.post("/auth/register", body).await.expect_error(422, "VALIDATION_FAILED");
}

#[tokio::test]
async fn fifty_concurrent_registrations_of_one_address_create_one_user() {
    let app = TestApp::start().await;
    let responses = join_all((0..50_u32).map(|number| {
        // Each with a different mix of upper and lower case.
        let email: String = "some.body@example.org"
            .chars()
            .enumerate()
            .map(|(at, c)| if number >> (at % 6) & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        let body = json!({ "email": email, "username": format!("user{number}"), "password": PASSWORD });
        let app = &app;
        async move { app.post("/auth/register", body).await }
    }))
    .await;
    let created = responses.iter().filter(|response| response.status == 201).count();
    assert_eq!(created, 1);
    responses
        .iter()
        .filter(|response| response.status != 201)
        .for_each(|response| response.expect_error(409, "EMAIL_ALREADY_EXISTS"));
    assert_eq!(app.count("users").await, 1);
}

#[tokio::test]
async fn privileged_and_unknown_fields_change_nothing() {
    let app = TestApp::start().await;
    let body = json!({
        "email": "ann@example.org", "username": "ann", "password": PASSWORD,
        "id": "00000000-0000-0000-0000-000000000000", "roles": ["admin"], "email_verified": true, "anything": [1],
    });
    app.post("/auth/register", body).await.expect(201);
    let (roles, verified): (Vec<String>, bool) =
        sqlx::query_as("SELECT roles, email_verified FROM users.users").fetch_one(&app.pool).await.unwrap();
    assert_eq!((roles, verified), (vec!["user".to_owned()], false));
}

#[tokio::test]
async fn a_password_that_is_easy_to_guess_is_rejected_with_the_reason() {
    let app = TestApp::start().await;
    for (password, reason) in
        [("password1", "too common"), ("i am wonder.ann", "your username"), ("ann.smith-2026", "your email address")]
    {
        let body = json!({ "email": "Ann.Smith@example.org", "username": "Wonder.Ann", "password": password });
        let response = app.post("/auth/register", body).await;
        response.expect_error(422, "VALIDATION_FAILED");
        let reasons = response.json()["error"]["fields"]["password"].clone();
        assert!(reasons[0].as_str().is_some_and(|text| text.contains(reason)), "{reasons}");
    }
    assert_eq!(app.count("users").await, 0);
}
