//! `POST /auth/logout`

use reqwest::Method;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;

async fn sign_out(app: &TestApp, cookie: &str) -> TestResponse {
    TestResponse::of(app.request(Method::POST, "/auth/logout").header("cookie", cookie)).await
}

#[tokio::test]
async fn signing_out_revokes_the_refresh_token_and_page_session_and_clears_both_cookies() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let cookies = format!("refresh_token={}; {}", login.refresh_token(), login.session());
    let response = sign_out(&app, &cookies).await.expect(204);
    assert_eq!(response.text, "");
    for name in ["refresh_token", "__Host-session"] {
        let cookie = response.cookie(name);
        assert_eq!((cookie.value(), cookie.max_age().unwrap().whole_seconds()), ("", 0), "{name}");
        assert_eq!(cookie.secure(), Some(true), "{name}");
    }
    app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.page("/timeline", &login.session()).await.expect(303);
}

#[tokio::test]
async fn either_cookie_alone_ends_the_sign_in() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    sign_out(&app, &login.session()).await.expect(204);
    app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");

    let login = app.login("ann").await.expect(200);
    sign_out(&app, &format!("refresh_token={}", login.refresh_token())).await.expect(204);
    app.page("/timeline", &login.session()).await.expect(303);
}

#[tokio::test]
async fn signing_out_while_not_signed_in_succeeds() {
    let app = TestApp::start().await;
    sign_out(&app, "").await.expect(204);
}
