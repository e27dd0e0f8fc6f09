//! Server-rendered pages.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;

#[tokio::test]
async fn every_page_is_complete_without_javascript() {
    let app = TestApp::start().await;
    for (path, heading) in [
        ("/", "Your people, in one calm place."),
        ("/register", "Create your account"),
        ("/login", "Welcome back"),
        ("/verify-email?token=x", "Verify your email"),
        ("/verify-email", "This link no longer works"),
    ] {
        let page = app.page(path, "").await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text.contains(heading), "{path}: {}", page.text);
        assert!(page.text.contains("<title>") && page.text.contains("Kith"), "{path}");
        assert_eq!(page.text.matches("<h1").count(), 1, "{path}");
    }
}

#[tokio::test]
async fn every_page_has_a_unique_meta_description() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann").await.session();
    let mut descriptions = BTreeSet::new();
    for path in [
        "/",
        "/login",
        "/register",
        "/verify-email?token=x",
        "/timeline",
        "/profile",
        "/profile/ann",
        "/profile/ann/followers",
        "/profile/ann/following",
    ] {
        let page = app.page(path, &ann).await.expect(200);
        let found: Vec<_> = page.text.split(r#"<meta name="description" content=""#).skip(1).collect();
        assert_eq!(found.len(), 1, "{path}");
        let description = found[0].split('"').next().unwrap().to_owned();
        assert!((30..=160).contains(&description.chars().count()), "{path}: {description}");
        assert!(descriptions.insert(description), "{path} has the description of another page");
    }
    let unknown = app.page("/no/such/page", "").await.expect(404);
    assert!(unknown.text.contains(r#"<meta name="description" content="Kith is the social network"#));
}

#[tokio::test]
async fn scripts_require_a_nonce_and_each_page_has_a_new_one() {
    let app = TestApp::start().await;
    let mut policies = Vec::new();
    for _ in 0..2 {
        let page = app.page("/login", "").await.expect(200);
        let policy = page.header("content-security-policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 16, "{policy}");
        assert!(!policy.contains("'unsafe-inline'") && !policy.contains("'unsafe-eval'"), "{policy}");
        for script in page.text.split("<script").skip(1) {
            assert!(script.split('>').next().unwrap().contains(&format!(r#"nonce="{nonce}""#)), "{script}");
        }
        assert!(!page.text.contains(" style=") && !page.text.contains(" onclick="));
        policies.push(policy);
    }
    assert_ne!(policies[0], policies[1]);
}

/// Pages that are the same for all visitors are rendered once (`layers/visitor_pages.rs`).
#[tokio::test]
async fn visitors_see_the_same_page_with_a_new_nonce_and_nothing_of_other_requests() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann").await;
    let visit = async |path: &str| {
        // Without cookies, unlike `app.page`.
        let request = app.request(Method::GET, path).header("accept", "text/html");
        let page = TestResponse::of(request).await.expect(200);
        let policy = page.header("content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(page.text.contains(&nonce), "{path}");
        (page.text.replace(&nonce, ""), nonce)
    };
    let mut nonces = BTreeSet::new();
    for (path, operation) in [
        ("/", "/auth/login"),
        ("/login", "/auth/login"),
        ("/register", "/auth/register"),
        ("/forgot-password", "/auth/forgot-password"),
    ] {
        let (first, nonce) = visit(path).await;
        assert!(!first.contains("data-signed-in"), "{path}");
        nonces.insert(nonce);
        let failed = app.submit(operation, &[("email", "not an address"), ("_back", path)], "").await.expect(303);
        let with_outcome = app.page(path, &failed.session()).await.expect(200).text;
        assert!(with_outcome.contains("not an address"), "{path}");
        assert!(app.page(path, &ann.session()).await.expect(200).text.contains("data-signed-in"), "{path}");
        for _ in 0..2 {
            let (again, nonce) = visit(path).await;
            assert_eq!(again, first, "{path}");
            nonces.insert(nonce);
        }
    }
    assert_eq!(nonces.len(), 12, "{nonces:?}");
}

#[tokio::test]
async fn a_trailing_slash_redirects_to_the_page_without_it() {
    let app = TestApp::start().await;
    app.signed_in("ann").await;
    for (path, page) in [
        ("/login/", "/login"),
        ("/login///", "/login"),
        ("/login/?next=%2Ftimeline&x=/", "/login?next=%2Ftimeline&x=/"),
        ("/timeline/", "/timeline"),
        ("/profile/ann/", "/profile/ann"),
        ("/profile/ann/followers/", "/profile/ann/followers"),
    ] {
        let response = app.page(path, "").await.expect(308);
        assert_eq!(response.header("location"), page, "{path}");
    }
    for path in ["//", "//login/", "//example.org/", "/nothing/", "/profile/ann/nothing/", "/pkg/", "/users/me/"] {
        app.page(path, "").await.expect(404);
    }
    app.submit("/login/", &[], "").await.expect(404);
}

#[tokio::test]
async fn an_unknown_page_returns_404() {
    let app = TestApp::start().await;
    let page = app.page("/no/such/page", "").await.expect(404);
    assert!(page.text.contains("There is nothing here"));
    assert!(page.header("content-security-policy").contains("'nonce-"));
}

#[tokio::test]
async fn a_visitor_to_a_personal_page_is_redirected_to_sign_in_and_back() {
    let app = TestApp::start().await;
    let response = app.page("/timeline", "").await.expect(303);
    assert_eq!(response.header("location"), "/auth/resume?next=%2Ftimeline");
    let response = app.page("/auth/resume?next=%2Ftimeline", "").await.expect(303);
    assert_eq!(response.header("location"), "/login?next=%2Ftimeline");
    let login = app.page("/login?next=%2Ftimeline", "").await.expect(200);
    assert!(login.text.contains(r#"name="_next" value="/timeline""#), "{}", login.text);
}

#[tokio::test]
async fn the_refresh_cookie_restores_a_lost_page_session() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let cookie = format!("refresh_token={}", login.refresh_token());
    let response = app.page("/auth/resume?next=%2Ftimeline", &cookie).await.expect(303);
    assert_eq!(response.header("location"), "/timeline");
    app.page("/timeline", &response.session()).await.expect(200);
    // The token was not used.
    app.refresh(&login.refresh_token()).await.expect(200);
}

#[tokio::test]
async fn password_managers_find_the_page_that_changes_the_password() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann").await.session();
    for cookie in ["", &ann] {
        let response = app.page("/.well-known/change-password", cookie).await.expect(303);
        assert_eq!(response.header("location"), "/settings/security");
    }
    // They check that a site does not respond to every such address (W3C, section 4).
    app.get("/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200").await.expect(404);
    let page = app.page("/settings/security", &ann).await.expect(200);
    assert!(page.text.contains(r#"autocomplete="current-password""#), "{}", page.text);
    assert!(page.text.contains(r#"autocomplete="new-password""#), "{}", page.text);
    let visitor = app.page("/settings/security", "").await.expect(303);
    assert_eq!(visitor.header("location"), "/auth/resume?next=%2Fsettings%2Fsecurity");
}
