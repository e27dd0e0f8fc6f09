//! Cookies as browsers send them: together with those of other applications, and several with the same name.

use reqwest::Method;
use reqwest::header::HeaderValue;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;

/// Values that other applications on the host may have set: UTF-8, Latin-1, and invalid cookies.
const OTHERS: [&[u8]; 4] = [b"name=Jos\xc3\xa9", b"name=Jos\xe9", b"\xff", b"=;;,\"{"];

async fn send(app: &TestApp, method: Method, path: &str, cookies: &[&[u8]]) -> TestResponse {
    let value = HeaderValue::from_bytes(&cookies.join(b"; ".as_slice())).unwrap();
    TestResponse::of(app.request(method, path).header("accept", "text/html").header("cookie", value)).await
}

#[tokio::test]
async fn a_cookie_that_is_not_text_does_not_hide_others() {
    let app = TestApp::start().await;
    let mut login = app.signed_in("ann").await;
    for other in OTHERS {
        for is_first in [true, false] {
            let ordered = |ours: String| {
                let (ours, other) = (ours.into_bytes(), other.to_vec());
                if is_first { vec![other, ours] } else { vec![ours, other] }
            };
            let refresh = ordered(format!("refresh_token={}", login.refresh_token()));
            let refresh: Vec<_> = refresh.iter().map(Vec::as_slice).collect();
            let resumed = send(&app, Method::GET, "/auth/resume?next=/profile", &refresh).await.expect(303);
            assert_eq!(resumed.header("location"), "/profile");
            login = send(&app, Method::POST, "/auth/refresh", &refresh).await.expect(200);
            let session = ordered(resumed.session());
            let session: Vec<_> = session.iter().map(Vec::as_slice).collect();
            send(&app, Method::GET, "/timeline", &session).await.expect(200);
        }
    }
}

#[tokio::test]
async fn the_live_one_of_several_refresh_tokens_is_used() {
    let app = TestApp::start().await;
    let old = app.signed_in("ann").await;
    let mut live = app.refresh(&old.refresh_token()).await.expect(200);
    // Long enough ago that reusing the old token would count as theft.
    let aged = "UPDATE users.refresh_tokens SET rotated_at = earlier(rotated_at, interval '1 hour')";
    sqlx::query(aged).execute(&app.pool).await.unwrap();
    let dead = format!("refresh_token={}", old.refresh_token());
    for other in
        [dead.as_str(), "refresh_token=nonsense", "refresh_token=", &format!("refresh_token={}", "A".repeat(43))]
    {
        for is_first in [true, false] {
            let ours = format!("refresh_token={}", live.refresh_token());
            let cookies = if is_first { [other, &ours] } else { [&ours, other] };
            let cookies: Vec<_> = cookies.into_iter().map(str::as_bytes).collect();
            let resumed = send(&app, Method::GET, "/auth/resume?next=/profile", &cookies).await.expect(303);
            assert_eq!(resumed.header("location"), "/profile", "{other}");
            live = send(&app, Method::POST, "/auth/refresh", &cookies).await.expect(200);
        }
    }
    let another = app.login("ann").await.expect(200);
    let both: Vec<_> = [&live, &another].map(|login| format!("refresh_token={}", login.refresh_token())).into();
    let both: Vec<_> = both.iter().map(String::as_bytes).collect();
    send(&app, Method::POST, "/auth/logout", &both).await.expect(204);
    for ended in [&live, &another] {
        app.refresh(&ended.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    }
}

#[tokio::test]
async fn the_page_session_is_limited_to_this_host() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let cookie = login.cookie("__Host-session");
    assert_eq!((cookie.secure(), cookie.http_only(), cookie.path()), (Some(true), Some(true), Some("/")));
    assert_eq!(cookie.domain(), None);
    assert!(login.cookies().iter().all(|cookie| cookie.name() != "session"));
    // A cookie without the prefix, which a neighboring host could have set, grants no access.
    let planted = format!("session={}", cookie.value());
    send(&app, Method::GET, "/timeline", &[planted.as_bytes()]).await.expect(303);
}
