//! Form posts without JavaScript, and where they redirect.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;

#[tokio::test]
async fn a_failed_form_returns_to_its_page_which_shows_the_error_and_the_input_once() {
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
async fn field_errors_appear_at_their_fields() {
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
async fn registration_by_form_says_to_check_the_inbox() {
    let app = TestApp::start().await;
    let fields = [("email", "ann@example.org"), ("username", "ann"), ("password", PASSWORD), ("_back", "/register")];
    let posted = app.submit("/auth/register", &fields, "").await.expect(303);
    let page = app.page("/register", &posted.session()).await.expect(200);
    assert!(page.text.contains("Check your inbox") && page.text.contains("ann@example.org"));
    assert_eq!(app.count("users").await, 1);
}

#[tokio::test]
async fn sign_in_by_form_leads_to_the_timeline_and_sets_only_cookies() {
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
async fn the_method_field_accepts_only_methods_that_forms_need() {
    let app = TestApp::start().await;
    app.submit("/users/me", &[("_method", "TRACE")], "").await.expect_error(405, "METHOD_NOT_ALLOWED");
    app.submit("/auth/logout", &[("_method", "DELETE")], "").await.expect_error(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn a_form_from_a_client_other_than_a_browser_gets_json() {
    let app = TestApp::start().await;
    let fields = [("email", "ann@example.org"), ("username", "ann"), ("password", PASSWORD)];
    let request = app.request(reqwest::Method::POST, "/auth/register").form(&fields);
    let response = TestResponse::of(request).await.expect(201);
    assert_eq!(response.json()["username"], "ann");
}

/// The size of all tables in bytes.
async fn size(app: &TestApp) -> i64 {
    let sizes = "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
                 WHERE relnamespace = 'users'::regnamespace AND relkind = 'r'";
    sqlx::query_scalar(sizes).fetch_one(&app.pool).await.unwrap()
}

/// Incompressible text.
fn noise(length: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(length).collect()
}

#[tokio::test]
async fn plain_forms_from_visitors_store_little_and_only_briefly() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let before = size(&app).await;
    for _ in 0..210 {
        let (email, username, more) = (noise(5_000), noise(2_000), noise(50_000));
        let fields =
            [("_back", "/register"), ("email", &email), ("username", &username), ("more", &more), (&more, "x")];
        app.submit("/auth/register", &fields, "").await.expect(303);
    }
    let grown = size(&app).await - before;
    assert!(grown < 1_500_000, "{grown} bytes");
    let (rows, latest): (i64, f64) =
        sqlx::query_as("SELECT count(*), extract(epoch FROM max(expires_at) - now())::float8 FROM users.flashes")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(rows, 210);
    assert!(latest <= 600.0, "{latest} s");
}

#[tokio::test]
async fn an_outcome_keeps_only_declared_fields() {
    let app = TestApp::start().await;
    let fields =
        [("_back", "/register"), ("email", "x"), ("undeclared", "kept"), ("password", PASSWORD), ("token", "t")];
    let posted = app.submit("/auth/register", &fields, "").await.expect(303);
    let data: String = sqlx::query_scalar("SELECT data::text FROM users.flashes").fetch_one(&app.pool).await.unwrap();
    assert!(data.contains("\"email\": \"x\""), "{data}");
    assert!(!data.contains("undeclared") && !data.contains("token") && !data.contains(PASSWORD), "{data}");
    assert_eq!(posted.cookie("__Host-flash").max_age().unwrap().whole_minutes(), 10);
}

#[tokio::test]
async fn a_sign_in_outlasts_earlier_form_outcomes_and_shows_no_expired_ones() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    let wrong = [("email", "ann@example.org"), ("password", "wrong-password"), ("_back", "/login")];
    let failed = app.submit("/auth/login", &wrong, "").await.expect(303);
    let right = [("email", "ann@example.org"), ("password", PASSWORD), ("_back", "/login"), ("_next", "/timeline")];
    let login = app.submit("/auth/login", &right, &failed.session()).await.expect(303);
    assert!(login.cookie("__Host-session").max_age().unwrap().whole_days() >= 30);
    app.page("/timeline", &login.session()).await.expect(200);
    let long_bio = "b".repeat(301);
    let edit = [("_method", "PATCH"), ("_back", "/profile?edit=1"), ("bio", long_bio.as_str())];
    let posted = app.submit("/users/me", &edit, &login.session()).await.expect(303);
    sqlx::query("UPDATE users.flashes SET expires_at = now()").execute(&app.pool).await.unwrap();
    let cookies = [login.session(), posted.session()].join("; ");
    let page = app.page("/profile?edit=1", &cookies).await.expect(200);
    assert!(!page.text.contains(&long_bio));
    app.page("/timeline", &login.session()).await.expect(200);
}

#[tokio::test]
async fn what_was_typed_outlasts_a_session_that_ended_and_the_next_sign_in() {
    let app = TestApp::start().await;
    app.signed_in("ann").await;
    let edit = [("_method", "PATCH"), ("_back", "/profile?edit=1"), ("display_name", "Ann"), ("bio", "Typed for long")];
    let posted = app.submit("/users/me", &edit, "").await.expect(303);
    let unsent = posted.session();
    assert_eq!(posted.header("location"), "/profile?edit=1");
    let resumed = app.page("/profile?edit=1", &unsent).await.expect(303);
    assert_eq!(resumed.header("location"), "/auth/resume?next=%2Fprofile%3Fedit%3D1");
    let login = app.page("/login?next=%2Fprofile%3Fedit%3D1", &unsent).await.expect(200);
    assert!(!login.text.contains("Typed for long"));
    for (password, next) in [("wrong-password", "/login"), (PASSWORD, "/profile?edit=1")] {
        let fields = [("email", "ann@example.org"), ("password", password), ("_back", "/login"), ("_next", next)];
        let sent = app.submit("/auth/login", &fields, &unsent).await.expect(303);
        assert_eq!(sent.header("location"), next);
        let page = app.page(next, &format!("{unsent}; {}", sent.session())).await.expect(200);
        let is_back = next == "/profile?edit=1";
        assert_eq!(page.text.contains("You had been signed out, so this was not saved"), is_back);
        assert_eq!(page.text.contains("Typed for long") && page.text.contains(r#"value="Ann""#), is_back);
        assert_eq!(page.cookies().iter().any(|cookie| cookie.name() == "__Host-unsent"), is_back);
    }
    let again = app.login("ann").await;
    let page = app.page("/profile?edit=1", &format!("{unsent}; {}", again.session())).await.expect(200);
    assert!(!page.text.contains("Typed for long"));
}

#[tokio::test]
async fn plain_forms_are_rate_limited_by_client_with_retry_after() {
    let app = TestApp::start().await;
    let fields = [("email", "x"), ("_back", "/register")];
    for _ in 0..300 {
        let response = app.submit("/auth/register", &fields, "").await;
        if response.status == 429 {
            response.expect_error(429, "RATE_LIMITED");
            assert!(response.header("retry-after").parse::<u32>().unwrap() > 0);
            return;
        }
        response.expect(303);
    }
    panic!("no limit");
}

#[tokio::test]
async fn an_oversized_or_unreadable_form_returns_to_its_page_with_a_message() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let send = |path: &str, body: Vec<u8>, accept: &str, cookie: &str| {
        let request = app.request(reqwest::Method::POST, path).header("accept", accept).header("cookie", cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        TestResponse::of(request.header("sec-fetch-site", "same-origin").body(body))
    };
    let text = |length| "b".repeat(length);
    let (too_long, unreadable) = ("That is too much text", "Some characters could not be read");
    for (path, back, body, message) in [
        ("/users/me", "/profile?edit=1", format!("_method=PATCH&_back=/profile?edit=1&bio={}", text(70_000)), too_long),
        // The hidden fields come last, after much text.
        (
            "/users/me",
            "/profile?edit=1",
            format!("bio={}&_back=/profile?edit=1&_method=PATCH", text(600_000)),
            too_long,
        ),
        ("/auth/register", "/register", format!("_back=%2Fregister&email={}", text(2_000_000)), too_long),
        ("/users/me", "/profile?edit=1", "_method=PATCH&_back=/profile?edit=1&bio=%FCber".to_owned(), unreadable),
        ("/auth/register", "/register", "_back=/register&email=%ff%fe&username=ann".to_owned(), unreadable),
    ] {
        // A visitor registers, and a user edits the profile.
        let cookie = if path == "/users/me" { login.session() } else { String::new() };
        let posted = send(path, body.into_bytes(), "text/html", &cookie).await.expect(303);
        assert_eq!(posted.header("location"), back);
        let page = app.page(back, &[cookie, posted.session()].join("; ")).await.expect(200);
        assert!(page.text.contains(message), "{path} {message}: {}", page.text);
    }
    // Clients other than browsers get the error itself.
    for (body, status, code) in [
        (format!("email={}", text(70_000)), 413, "PAYLOAD_TOO_LARGE"),
        ("email=%ff".to_owned(), 400, "MALFORMED_REQUEST"),
    ] {
        send("/auth/register", body.into_bytes(), "*/*", "").await.expect_error(status, code);
    }
    let mut raw = b"_method=PATCH&_back=/profile?edit=1&display_name=Ann&bio=".to_vec();
    raw.extend(b"\xfcber");
    let posted = send("/users/me", raw, "text/html", &login.session()).await.expect(303);
    let page = app.page("/profile?edit=1", &[login.session(), posted.session()].join("; ")).await.expect(200);
    assert!(page.text.contains(unreadable) && page.text.contains("value=\"Ann\""), "{}", page.text);
    assert!(app.me(&login.access_token()).await.json()["display_name"].is_null());
}

#[tokio::test]
async fn a_replacement_character_is_valid_input() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let fields =
        [("_method", "PATCH"), ("_back", "/profile?edit=1"), ("_next", "/profile"), ("bio", "\u{fffd} was typed")];
    let posted = app.submit("/users/me", &fields, &login.session()).await.expect(303);
    assert_eq!(posted.header("location"), "/profile");
    assert_eq!(app.me(&login.access_token()).await.json()["bio"], "\u{fffd} was typed");
}
