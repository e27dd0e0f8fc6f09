//! Who may download `GET /users/me/export` and its CSV files, and how often.

use reqwest::Method;
use serde_json::json;

use super::support::{JSON, LISTS, csv};
use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

/// Makes the proof of all sessions too old.
async fn age_proofs(app: &TestApp) {
    app.run("UPDATE users.sign_ins SET authenticated_at = now() - interval '601 seconds'").await;
}

#[tokio::test]
async fn an_old_proof_is_not_enough() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    age_proofs(&app).await;
    let token = app.refresh(&login.refresh_token()).await.expect(200).access_token();
    let ann = TestUser { id: String::new(), token };
    for path in [JSON.to_owned(), format!("{JSON}/follows.csv"), format!("{JSON}/mutes.csv")] {
        let refused = ann.get(&app, &path).await;
        refused.expect_error(403, "REAUTHENTICATION_REQUIRED");
        let expected = r#"Bearer error="insufficient_user_authentication", max_age="600""#;
        assert_eq!(refused.header("www-authenticate"), expected);
        // In a browser, the page that asks for the password leads back to the links.
        let page = app.page(&path, &login.session()).await.expect(303);
        assert_eq!(page.header("location"), "/reauthenticate?next=%2Fsettings%23your-data");
        assert!(!page.text.contains("ann@example.org"));
    }
    assert_eq!(app.count("audit_log").await, 0);
}

#[tokio::test]
async fn a_browser_downloads_with_the_page_session() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let response = app.page(JSON, &login.session()).await.expect(200);
    assert_eq!(response.header("content-disposition"), r#"attachment; filename="kith-export.json""#);
    assert_eq!(response.json()["account"]["username"], "ann");
    let response = app.page(&format!("{JSON}/follows.csv"), &login.session()).await.expect(200);
    assert_eq!(response.text, "id,username,display_name,since\r\n");
}

#[tokio::test]
async fn visitors_services_and_ended_sessions_get_nothing() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for path in [JSON.to_owned(), format!("{JSON}/followers.csv")] {
        app.get(&path).await.expect_error(401, "UNAUTHENTICATED");
        let page = app.page(&path, "").await.expect(303);
        assert_eq!(page.header("location"), "/auth/resume?next=%2Fsettings%23your-data");
        let resumed = app.page(page.header("location"), "").await.expect(303);
        assert_eq!(resumed.header("location"), "/login?next=%2Fsettings%23your-data");
        TestUser::service(&app).get(&app, &path).await.expect_error(403, "FORBIDDEN");
    }
    app.run("UPDATE users.sign_ins SET revoked_at = now()").await;
    ann.get(&app, JSON).await.expect_error(401, "UNAUTHENTICATED");
    assert_eq!(app.count("audit_log").await, 0);
}

#[tokio::test]
async fn a_download_is_cut_off_once_its_session_has_ended() {
    let app = TestApp::start_with(&[("LOCK_TIMEOUT_MS", "5000")]).await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    ben.follow(&app, &ann.id).await.expect(201);
    for ends in [false, true] {
        // The download waits for the list of follows.
        let mut holder = app.pool.begin().await.unwrap();
        sqlx::query("LOCK TABLE users.follows").execute(&mut *holder).await.unwrap();
        let mut response = app.request(Method::GET, JSON).bearer_auth(&ann.token).send().await.unwrap();
        let mut text = Vec::new();
        while !String::from_utf8_lossy(&text).contains("security_log") {
            text.extend(response.chunk().await.unwrap().expect("more"));
        }
        if ends {
            app.run(&format!("UPDATE users.sign_ins SET revoked_at = now() WHERE user_id = '{}'", ann.id)).await;
        }
        holder.rollback().await.unwrap();
        let rest = response.bytes().await;
        assert_eq!(rest.is_err(), ends, "{rest:?}");
        if let Ok(rest) = rest {
            let body: serde_json::Value = serde_json::from_slice(&[text, rest.to_vec()].concat()).unwrap();
            assert_eq!(body["followers"][0]["username"], "ben");
        }
    }
}

#[tokio::test]
async fn an_unknown_list_is_not_found() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for list in ["friends.csv", "follows", "follows.json", "Follows.csv", "follows.csv%2F..", "follows.csv/x", ".csv"] {
        ann.get(&app, &format!("{JSON}/{list}")).await.expect_error(404, "NOT_FOUND");
    }
    TestResponse::of(app.request(Method::POST, JSON)).await.expect_error(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn each_download_is_limited_to_three_a_day() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let (ann, ben) = (TestUser { id: String::new(), token: login.access_token() }, test_user(&app, "ben").await);
    for _ in 0..3 {
        ann.get(&app, JSON).await.expect(200);
    }
    let limited = ann.get(&app, JSON).await;
    limited.expect_error(429, "RATE_LIMITED");
    let seconds: u32 = limited.header("retry-after").parse().unwrap();
    assert!((86_300..=86_400).contains(&seconds), "{seconds}");
    // A person who follows the link sees why on the page with the link.
    let rejected = app.page(JSON, &login.session()).await.expect(303);
    assert_eq!(rejected.header("location"), "/settings#your-data");
    let cookies = format!("{}; {}", login.session(), rejected.session());
    let page = app.page("/settings", &cookies).await.expect(200).text;
    assert!(page.contains(r#"role="alert""#) && page.contains("Try again in 24 hours"), "{page}");
    assert_eq!(app.count("audit_log").await, 3);
    for list in LISTS {
        csv(&app, &ann, list).await.expect(200);
    }
    ben.get(&app, JSON).await.expect(200);
    app.run("UPDATE users.rate_buckets SET full_at = full_at - 86401").await;
    ann.get(&app, JSON).await.expect(200);
    ann.get(&app, JSON).await.expect_error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn another_site_cannot_use_up_the_downloads_of_a_visitor() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let download = async |site: &str| {
        let request = app.request(Method::GET, JSON).header("cookie", login.session());
        TestResponse::of(request.header("sec-fetch-site", site)).await
    };
    for _ in 0..3 {
        download("cross-site").await.expect_error(403, "FORBIDDEN");
        download("same-site").await.expect_error(403, "FORBIDDEN");
    }
    assert_eq!(app.count("audit_log").await, 0);
    for site in ["same-origin", "none", "same-origin"] {
        download(site).await.expect(200);
    }
}

#[tokio::test]
async fn no_parameter_selects_the_data_of_another_person() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    cat.follow(&app, &ben.id).await.expect(201);
    for parameter in ["id", "user", "user_id", "username", "sub", "me"] {
        for value in [ben.id.as_str(), "ben"] {
            let body = ann.get(&app, &format!("{JSON}?{parameter}={value}")).await.expect(200).json();
            assert_eq!((&body["account"]["id"], &body["followers"]), (&json!(ann.id), &json!([])), "{parameter}");
            let path = format!("{JSON}/followers.csv?{parameter}={value}");
            assert_eq!(ann.get(&app, &path).await.expect(200).text, "id,username,display_name,since\r\n");
        }
    }
    for path in [format!("/users/{}/export", ben.id), format!("/users/{}/export/followers.csv", ben.id)] {
        ann.get(&app, &path).await.expect_error(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_conditional_request_gets_the_whole_document() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let first = ann.get(&app, JSON).await.expect(200);
    assert_eq!((first.header("etag"), first.header("last-modified")), ("", ""));
    let request = app.request(Method::GET, JSON).bearer_auth(&ann.token);
    let request = request.header("if-none-match", r#""x""#).header("range", "bytes=0-9");
    let second = TestResponse::of(request).await.expect(200);
    assert_eq!(second.json()["account"], first.json()["account"]);
}

#[tokio::test]
async fn a_head_request_shows_the_headers_and_is_not_a_download() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for _ in 0..4 {
        for (path, content_type) in
            [(JSON.to_owned(), "application/json"), (format!("{JSON}/mutes.csv"), "text/csv; charset=utf-8")]
        {
            let response = ann.send(&app, Method::HEAD, &path).await.expect(200);
            assert_eq!((response.header("content-type"), response.text.as_str()), (content_type, ""));
        }
    }
    assert_eq!(app.count("audit_log").await, 0, "nothing was exported");
    ann.get(&app, JSON).await.expect(200);
}
