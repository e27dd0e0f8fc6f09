//! Passwords as users type them.

use serde_json::json;

use crate::support::app::TestApp;

const NFC: &str = "Am\u{e9}lie\u{2019}s Zo\u{eb} caf\u{e9}";
const NFD: &str = "Ame\u{301}lie\u{2019}s Zoe\u{308} cafe\u{301}";

async fn register(app: &TestApp, name: &str, password: &str) -> u16 {
    let body = json!({ "email": format!("{name}@example.org"), "username": name, "password": password });
    app.post("/auth/register", body).await.status
}

async fn sign_in(app: &TestApp, name: &str, password: &str) -> u16 {
    app.post("/auth/login", json!({ "email": format!("{name}@example.org"), "password": password })).await.status
}

#[tokio::test]
async fn nfc_and_nfd_spellings_are_the_same_password() {
    let app = TestApp::start().await;
    for (name, chosen) in [("ann", NFC), ("ben", NFD)] {
        assert_eq!(register(&app, name, chosen).await, 201);
        app.verify(name).await;
        for typed in [NFC, NFD] {
            assert_eq!(sign_in(&app, name, typed).await, 200, "{name}");
        }
        assert_eq!(sign_in(&app, name, &NFC.replace('\u{e9}', "e")).await, 401);
    }
    // The 72-byte limit applies to the normalized form: this is 90 bytes as typed, and 30 as hashed.
    let full_width = "\u{ff36}\u{ff4f}\u{ff59}\u{ff41}\u{ff47}\u{ff45}\u{ff32}".repeat(4) + "\u{ff4d}\u{ff4f}";
    assert_eq!(register(&app, "cleo", &full_width).await, 201);
}

#[expect(clippy::disallowed_methods, reason = "an older version stored this hash")]
#[tokio::test]
async fn a_hash_of_the_unnormalized_password_still_works_and_is_replaced() {
    let app = TestApp::start().await;
    assert_eq!(register(&app, "ann", "correct horse battery").await, 201);
    app.verify("ann").await;
    sqlx::query("UPDATE users.users SET password_hash = $1")
        .bind(bcrypt::hash(NFD, 4).unwrap())
        .execute(&app.pool)
        .await
        .unwrap();
    assert_eq!(sign_in(&app, "ann", NFC).await, 401);
    assert_eq!(sign_in(&app, "ann", NFD).await, 200);
    assert_eq!(sign_in(&app, "ann", NFC).await, 200);
}

#[tokio::test]
async fn long_passwords_are_checked_for_strength_too() {
    let app = TestApp::start().await;
    for password in [&"a".repeat(33), &"a".repeat(72), &format!("{}1", "password".repeat(5)), &"12345678".repeat(9)] {
        assert_eq!(register(&app, "ann", password).await, 422, "{password}");
    }
    assert_eq!(register(&app, "ann", "it was a bright cold day in April, and the clocks").await, 201);
}
