//! The languages of pages, emails and errors, and the colors of pages.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;

/// Requests a page with the header `Accept-Language`.
async fn page(app: &TestApp, path: &str, accept: &str, cookie: &str) -> TestResponse {
    let request = app.request(Method::GET, path).header("accept", "text/html").header("accept-language", accept);
    TestResponse::of(if cookie.is_empty() { request } else { request.header("cookie", cookie) }).await
}

#[tokio::test]
async fn a_page_comes_in_the_language_that_the_browser_asks_for() {
    let app = TestApp::start().await;
    // Twice, because pages for visitors are rendered once.
    for _ in 0..2 {
        for (accept, tag, heading) in [
            ("", "en", "Welcome back"),
            ("fr-FR", "en", "Welcome back"),
            ("en-US,en;q=0.9,de;q=0.8", "en", "Welcome back"),
            ("de-AT,de;q=0.9,en;q=0.8", "de", "Willkommen zurück"),
        ] {
            let page = page(&app, "/login", accept, "").await.expect(200);
            assert!(page.text.contains(&format!(r#"<html lang="{tag}""#)), "{accept}: {}", page.text);
            assert!(page.text.contains(heading), "{accept}: {}", page.text);
            let vary = page.header("vary").to_ascii_lowercase();
            assert!(vary.contains("accept-language") && vary.contains("cookie"), "{vary}");
        }
    }
    let unknown = page(&app, "/no/such/page", "de", "").await.expect(404);
    assert!(unknown.text.contains("Zur Startseite"), "{}", unknown.text);
}

#[tokio::test]
async fn a_link_can_name_the_language_of_a_page_for_search_engines() {
    let app = TestApp::start().await;
    let german = page(&app, "/login?lang=de", "en", "language=en").await.expect(200);
    assert!(german.text.contains("Willkommen zurück"), "{}", german.text);
    for (tag, path) in [("en", "/login?lang=en"), ("de", "/login?lang=de"), ("x-default", "/login")] {
        let link = format!(r#"<link rel="alternate" hreflang="{tag}" href="{}{path}">"#, app.origin);
        assert!(german.text.contains(&link), "{link}: {}", german.text);
    }
    let unknown = page(&app, "/login?lang=fr", "de", "").await.expect(200);
    assert!(unknown.text.contains("Willkommen zurück"), "{}", unknown.text);
}

#[tokio::test]
async fn a_chosen_language_and_theme_are_remembered_in_the_browser() {
    let app = TestApp::start().await;
    let chosen = app.submit("/preferences", &[("language", "de"), ("_back", "/register")], "").await.expect(303);
    assert_eq!(chosen.header("location"), "/register");
    let cookie = chosen.cookie("language");
    assert_eq!((cookie.value(), cookie.http_only(), cookie.secure()), ("de", Some(true), Some(true)));
    assert_eq!(cookie.max_age().unwrap().whole_days(), 400);
    let register = page(&app, "/register", "en", "language=de").await.expect(200).text;
    assert!(register.contains("Konto erstellen"), "{register}");
    assert!(register.contains(r#"data-theme="system""#), "{register}");

    let chosen = app.submit("/preferences", &[("theme", "dark"), ("_back", "//elsewhere")], "").await.expect(303);
    assert_eq!((chosen.header("location"), chosen.cookie("theme").value()), ("/", "dark"));
    let dark = page(&app, "/register", "en", "theme=dark; language=xx").await.expect(200).text;
    assert!(
        dark.contains(r#"data-theme="dark""#) && dark.contains(r##"name="theme-color" content="#121614""##),
        "{dark}"
    );
    assert!(dark.contains("Create your account"), "{dark}");

    let navigated = app.request(Method::POST, "/preferences").header("accept", "text/html");
    let navigated = navigated.header("sec-fetch-site", "same-origin").form(&[("theme", "dark"), ("_back", "/login")]);
    for (referer, location) in [
        ("/timeline?x=1#top", "/timeline?x=1"),
        ("//elsewhere", "/"),
        ("/login?lang=de", "/login"),
        ("/login?next=%2F&lang=de&x", "/login?next=%2F&x"),
    ] {
        let request = navigated.try_clone().unwrap().header("referer", format!("{}{referer}", app.origin));
        assert_eq!(TestResponse::of(request).await.expect(303).header("location"), location);
    }

    for unknown in [("language", "fr"), ("theme", "pink")] {
        let rejected = app.submit("/preferences", &[unknown], "").await;
        assert_eq!((rejected.status, rejected.cookies().len()), (422, 0), "{unknown:?}");
    }
    let request = app.request(Method::POST, "/preferences").header("sec-fetch-site", "cross-site");
    TestResponse::of(request.form(&[("theme", "dark")])).await.expect(403);
}

#[tokio::test]
async fn the_api_speaks_english_unless_a_page_calls_it() {
    let app = TestApp::start().await;
    let body = json!({ "email": "ann@example.org", "password": "wrong" });
    let sign_in = async |name: &'static str, value: &str| {
        let request = app.request(Method::POST, "/auth/login").json(&body).header("cookie", "language=de");
        TestResponse::of(request.header(name, value)).await.expect(401).json()["error"]["message"].clone()
    };
    assert_eq!(sign_in("accept-language", "de").await, "Invalid email or password");
    assert_eq!(sign_in("kith-language", "fr").await, "Invalid email or password");
    assert_eq!(sign_in("kith-language", "de").await, "E-Mail-Adresse oder Passwort ist falsch");
}

#[tokio::test]
async fn a_form_without_javascript_is_answered_in_the_language_of_its_page() {
    let app = TestApp::start().await;
    let fields = [("email", "not an address"), ("username", "a b"), ("password", "short"), ("_back", "/register")];
    let failed = app.submit("/auth/register", &fields, "language=de").await.expect(303);
    let cookies = format!("{}; language=de", failed.session());
    let shown = app.page("/register", &cookies).await.expect(200).text;
    assert!(shown.contains("Gib eine gültige E-Mail-Adresse ein"), "{shown}");
}

#[tokio::test]
async fn mails_and_pages_come_in_the_language_of_the_account() {
    let app = TestApp::start().await;
    let body = json!({ "email": "ann@example.org", "username": "ann", "password": PASSWORD });
    let register = app.request(Method::POST, "/auth/register").json(&body).header("kith-language", "de");
    TestResponse::of(register).await.expect(201);
    let mail = app.mailbox.wait_for("ann@example.org", 1).await.remove(0);
    assert_eq!(mail.subject, "Bestätige deine E-Mail-Adresse");
    assert!(mail.html.contains(r#"lang="de""#) && mail.text.starts_with("Hallo ann,"), "{}", mail.text);

    app.verify("ann").await;
    let ann = app.login("ann").await.expect(200).session();
    let profile = page(&app, "/profile", "en", &ann).await.expect(200).text;
    assert!(profile.contains(r#"<html lang="de""#), "{profile}");
    let english = page(&app, "/profile", "de", &format!("{ann}; language=en")).await.expect(200).text;
    assert!(english.contains(r#"<html lang="en""#), "this browser's choice comes first: {english}");

    app.submit("/preferences", &[("language", "en")], &ann).await.expect(303);
    let changed = app.page("/profile", &ann).await.expect(200).text;
    assert!(changed.contains(r#"<html lang="en""#), "{changed}");
    app.post("/auth/forgot-password", json!({ "email": "ann@example.org" })).await.expect(202);
    app.mailbox.wait_for_subject("ann@example.org", "Choose a new password", 1).await;
}

#[tokio::test]
async fn texts_are_files_that_browsers_may_keep() {
    let app = TestApp::start().await;
    let mut counts = Vec::new();
    for language in ["en", "de"] {
        let login = page(&app, "/login", language, "").await.expect(200).text;
        let paths = login.split(r#"data-texts=""#).nth(1).unwrap().split('"').next().unwrap();
        let (main, all) = paths.split_once(' ').unwrap();
        let forgot_password = page(&app, "/forgot-password", language, "").await.expect(200).text;
        for (page, texts) in [(login.as_str(), main), (forgot_password.as_str(), all)] {
            let starts_with = format!(r#"("/pkg/kith.js", "/pkg/kith.wasm", ["{texts}"])"#);
            assert!(page.contains(&starts_with), "{texts}: {page}");
        }
        for path in [main, all] {
            assert!(path.starts_with(&format!("/texts/{language}.")), "{path}");
            let texts = app.get(path).await.expect(200);
            assert_eq!(texts.header("cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(texts.header("content-type"), "text/plain; charset=utf-8");
            // Those that browsers obey only in documents are left out.
            assert_eq!((texts.header("x-content-type-options"), texts.header("x-frame-options")), ("nosniff", ""));
            assert_eq!(texts.header("content-security-policy"), "");
            assert_eq!((texts.header("content-encoding"), texts.header("vary")), ("", "accept-encoding"));
            let request = app.request(Method::GET, path).header("accept-encoding", "gzip, BR;q=0.5");
            let compressed = request.send().await.unwrap();
            assert_eq!(compressed.headers()["content-encoding"], "br");
            assert_eq!(compressed.headers()["vary"], "accept-encoding");
            let (mut content, compressed) = (Vec::new(), compressed.bytes().await.unwrap());
            brotli::BrotliDecompress(&mut compressed.as_ref(), &mut content).unwrap();
            assert_eq!(String::from_utf8(content).unwrap(), texts.text);
            let refused = app.request(Method::GET, path).header("accept-encoding", "br;q=0");
            assert!(!refused.send().await.unwrap().headers().contains_key("content-encoding"));
            counts.push(texts.text.lines().count());
        }
    }
    assert_eq!(counts[..2], counts[2..]);
    assert!(counts[0] < counts[1]);
    for missing in ["/texts/de.other.txt", "/pkg/other.js"] {
        let missing = app.get(missing).await;
        missing.expect_error(404, "NOT_FOUND");
        assert_eq!(missing.header("x-frame-options"), "DENY");
        assert!(missing.header("content-security-policy").contains("frame-ancestors 'none'"));
    }
}

#[tokio::test]
async fn only_public_pages_are_offered_to_search_engines_and_profiles_to_those_who_link_them() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann").await;
    let token = ann.access_token();
    let profile: Value = json!({ "display_name": "Ann \"A\" <b>", "bio": "Likes trees.\nAnd rivers." });
    let change = app.request(Method::PATCH, "/users/me").bearer_auth(&token).json(&profile);
    TestResponse::of(change).await.expect(200);
    let robots = r#"<meta name="robots" content="noindex">"#;
    for path in ["/", "/login", "/register", "/profile/ann"] {
        assert!(!app.page(path, "").await.expect(200).text.contains(robots), "{path}");
    }
    for path in ["/verify-email?token=x", "/forgot-password", "/reset-password?token=x", "/account-deleted"] {
        assert!(app.page(path, "").await.expect(200).text.contains(robots), "{path}");
    }
    for path in ["/profile/ann/followers", "/profile", "/settings", "/timeline"] {
        assert!(app.page(path, &ann.session()).await.expect(200).text.contains(robots), "{path}");
    }
    let shared = app.page("/profile/ANN", "").await.expect(200).text;
    for (property, content) in [
        ("og:type", "profile"),
        ("og:title", "Ann &quot;A&quot; &lt;b&gt; (@ann)"),
        ("og:description", "Likes trees.\nAnd rivers."),
        ("og:url", &format!("{}/profile/ann", app.origin)),
        ("profile:username", "ann"),
        ("og:image", &format!("{}/apple-touch-icon.png", app.origin)),
    ] {
        let meta = format!(r#"<meta property="{property}" content="{content}">"#);
        assert!(shared.contains(&meta), "{meta}: {shared}");
    }
    assert!(!app.page("/profile/nobody1", "").await.expect(404).text.contains("og:type"));
}
