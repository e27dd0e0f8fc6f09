//! Pages with JavaScript off: what a `<form>` sends, and where it leads.

use crate::support::app::{PASSWORD, TestApp};

#[tokio::test]
async fn a_failed_form_leads_back_to_its_page_which_shows_the_error_and_what_was_typed_once() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let fields = [("email", "ann@example.org"), ("username", "ann2"), ("password", PASSWORD), ("_back", "/register")];
    let posted = app.submit("/auth/register", &fields, "").await.expect(303);
    assert_eq!(posted.header("location"), "/register");
    assert_eq!(posted.text, "");

    let page = app.page("/register", &posted.session()).await.expect(200);
    assert!(page.text.contains("This email is already registered"));
    assert!(page.text.contains(r#"value="ann@example.org""#) && page.text.contains(r#"value="ann2""#));
    assert!(!page.text.contains(PASSWORD));
    assert_eq!(app.count("sessions").await, 0);

    let again = app.page("/register", &posted.session()).await.expect(200);
    assert!(!again.text.contains("This email is already registered"));
    assert!(!again.text.contains("ann2"));
}

#[tokio::test]
async fn field_errors_stand_at_their_fields() {
    let app = TestApp::start().await;
    let fields = [("email", "notanemail"), ("username", "ann"), ("password", "short"), ("_back", "/register")];
    let posted = app.submit("/auth/register", &fields, "").await.expect(303);
    let page = app.page("/register", &posted.session()).await.expect(200);
    assert!(page.text.contains("Enter a valid email address"));
    assert!(page.text.contains("Use at least 8 characters"));
    assert_eq!(page.text.matches(r#"aria-invalid="true""#).count(), 2);
    assert_eq!(app.count("users").await, 0);
}

#[tokio::test]
async fn registration_by_form_tells_to_look_into_the_inbox() {
    let app = TestApp::start().await;
    let fields = [("email", "ann@example.org"), ("username", "ann"), ("password", PASSWORD), ("_back", "/register")];
    let posted = app.submit("/auth/register", &fields, "").await.expect(303);
    let page = app.page("/register", &posted.session()).await.expect(200);
    assert!(page.text.contains("Check your inbox") && page.text.contains("ann@example.org"));
    assert_eq!(app.count("users").await, 1);
}

#[tokio::test]
async fn sign_in_by_form_leads_to_the_timeline_and_hands_out_cookies_alone() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    let fields = [("email", "ann@example.org"), ("password", PASSWORD), ("_back", "/login"), ("_next", "/timeline")];
    let posted = app.submit("/auth/login", &fields, "").await.expect(303);
    assert_eq!(posted.header("location"), "/timeline");
    assert!(posted.cookie("refresh_token").http_only().unwrap());
    assert!(posted.cookie("__Host-session").http_only().unwrap());
    let page = app.page("/timeline", &posted.session()).await.expect(200);
    assert!(page.text.contains("Hello, ann"));
    assert!(page.text.contains("Sign out"));
    let sessions: String =
        sqlx::query_scalar("SELECT data::text FROM users.sessions").fetch_one(&app.pool).await.unwrap();
    assert!(!sessions.contains("eyJ") && !sessions.contains(PASSWORD), "{sessions}");
}

#[tokio::test]
async fn wrong_credentials_by_form_show_the_banner_and_no_password() {
    let app = TestApp::start().await;
    let fields = [("email", "ann@example.org"), ("password", "wrong-password"), ("_back", "/login")];
    let posted = app.submit("/auth/login", &fields, "").await.expect(303);
    let page = app.page("/login", &posted.session()).await.expect(200);
    assert!(page.text.contains("Invalid email or password"));
    assert!(!page.text.contains("wrong-password"));
}

#[tokio::test]
async fn redirects_stay_on_this_site() {
    let app = TestApp::start().await;
    for evil in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let fields = [("email", "x"), ("password", "y"), ("_back", evil), ("_next", evil)];
        let posted = app.submit("/auth/login", &fields, "").await.expect(303);
        assert_eq!(posted.header("location"), "/");
        let resumed = app.page(&format!("/auth/resume?next={evil}"), "").await.expect(303);
        assert_eq!(resumed.header("location"), "/login?next=%2Ftimeline");
    }
}

#[tokio::test]
async fn the_method_field_names_only_methods_that_forms_need() {
    let app = TestApp::start().await;
    app.submit("/users/me", &[("_method", "TRACE")], "").await.expect_error(405, "METHOD_NOT_ALLOWED");
    app.submit("/auth/logout", &[("_method", "DELETE")], "").await.expect_error(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn a_form_without_a_browser_is_answered_with_json() {
    let app = TestApp::start().await;
    let fields = [("email", "ann@example.org"), ("username", "ann"), ("password", PASSWORD)];
    let request = app.request(reqwest::Method::POST, "/auth/register").form(&fields);
    let answer = crate::support::answer::Answer::of(request).await.expect(201);
    assert_eq!(answer.json()["username"], "ann");
}
