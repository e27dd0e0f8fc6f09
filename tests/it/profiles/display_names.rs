//! What a display name may be, beyond its length.

use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

async fn rename(app: &TestApp, user: &TestUser, name: &str) -> TestResponse {
    let request = app.request(Method::PATCH, "/users/me").bearer_auth(&user.token);
    TestResponse::of(request.json(&json!({ "display_name": name }))).await
}

async fn rejection(app: &TestApp, user: &TestUser, name: &str) -> String {
    let response = rename(app, user, name).await;
    response.expect_error(422, "VALIDATION_FAILED");
    response.json()["error"]["fields"]["display_name"][0].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn characters_that_no_one_sees_are_removed() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for (name, stored) in [
        ("A\u{200b}nn \u{200f}Lee\u{2060}", json!("Ann Lee")),
        ("Zoe\u{308}", json!("Zo\u{eb}")),
        ("\u{200b}\u{200e}", json!(null)),
        ("👩\u{200d}🚀 Ann", json!("👩\u{200d}🚀 Ann")),
    ] {
        let me = rename(&app, &ann, name).await.expect(200).json();
        assert_eq!(me["display_name"], stored, "{name:?}");
    }
    // What turns the text around is rejected, as before.
    rejection(&app, &ann, "A\u{202e}nn").await;
}

#[tokio::test]
async fn a_letter_has_at_most_two_marks() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    assert_eq!(rejection(&app, &ann, "Z\u{310}\u{311}\u{312}").await, "Use at most 2 marks on a letter");
    for name in ["Z\u{310}\u{311}", "Nguyễn Thị Ánh", "שָׁלוֹם"] {
        rename(&app, &ann, name).await.expect(200);
    }
}

#[tokio::test]
async fn no_one_reads_like_the_staff() {
    let app = TestApp::start().await;
    let (ann, mod_) = (test_user(&app, "ann").await, test_user(&app, "mira_mod").await);
    rename(&app, &mod_, "Mira Ola").await.expect(200);
    rename(&app, &ann, "MIRA OLA").await.expect(200);
    app.run("UPDATE users.users SET roles = '{user,moderator}' WHERE username = 'mira_mod'").await;
    for name in ["Mira Ola", "mira ola", "M1RA  0LA", "Мira Оla", "Miramod", "Kith Support", "Кith", "ADMIN"] {
        let message = rejection(&app, &ann, name).await;
        assert!(message.contains("mistaken for the people who run Kith"), "{name}: {message}");
    }
    for name in ["Mira Olander", "Kitty", "Support Act"] {
        rename(&app, &ann, name).await.expect(200);
    }
    for name in ["Kith Support", "Mira Ola"] {
        rename(&app, &mod_, name).await.expect(200);
    }
}
