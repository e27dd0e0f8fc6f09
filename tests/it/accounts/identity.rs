//! Which spellings of an address or a username are the same identity.

use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};

/// Letters that become an ASCII letter when some locales convert them to lower case: U+0130 and U+212A.
const FOREIGN: [(&str, &str); 2] = [("i", "\u{130}"), ("k", "\u{212a}")];

#[tokio::test]
async fn an_address_with_letters_that_only_a_locale_folds_is_unknown() {
    let app = TestApp::start().await;
    app.register("kikiki").await.expect(201);
    app.verify("kikiki").await;
    for (letter, foreign) in FOREIGN {
        for times in 1..=3 {
            let email = format!("{}@example.org", "kikiki".replacen(letter, foreign, times));
            let response = app.post("/auth/login", json!({ "email": email, "password": PASSWORD })).await;
            response.expect_error(401, "INVALID_CREDENTIALS");
            app.get(&format!("/profiles/{}", "kikiki".replacen(letter, foreign, times))).await.expect(404);
        }
    }
    app.post("/auth/login", json!({ "email": "KiKiKi@Example.Org", "password": PASSWORD })).await.expect(200);
}

/// In Turkish, `I` is not the upper case of `i` (keycloak#52664).
#[tokio::test]
async fn an_address_is_case_insensitive_in_a_turkish_database_too() {
    let app = TestApp::start_with_locale("tr-TR").await;
    let register = async |email: &str, username: &str| {
        app.post("/auth/register", json!({ "email": email, "username": username, "password": PASSWORD })).await
    };
    register("INFO@EXAMPLE.ORG", "Lili").await.expect(201);
    register("info@example.org", "other").await.expect_error(409, "EMAIL_ALREADY_EXISTS");
    register("other@example.org", "LILI").await.expect_error(409, "USERNAME_TAKEN");
    app.verify("Lili").await;
    for email in ["info@example.org", "INFO@example.org"] {
        app.post("/auth/login", json!({ "email": email, "password": PASSWORD })).await.expect(200);
    }
    for username in ["lili", "LILI"] {
        assert_eq!(app.get(&format!("/profiles/{username}")).await.expect(200).json()["username"], "Lili");
    }
    app.post("/auth/resend-verification", json!({ "email": "info@EXAMPLE.org" })).await.expect(202);
}
