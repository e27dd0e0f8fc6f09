//! How long a sign-in lasts, and how a page resumes it.

use reqwest::Method;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;

/// Makes all sign-ins `days` older, as if their tokens had been refreshed all along.
async fn age_sign_ins(app: &TestApp, days: i32) {
    let older = "UPDATE users.sign_ins SET created_at = earlier(created_at, make_interval(days => $1))";
    sqlx::query(older).bind(days).execute(&app.pool).await.unwrap();
}

async fn resume(app: &TestApp, token: &str) -> TestResponse {
    let request = app.request(Method::GET, "/auth/resume?next=/timeline");
    TestResponse::of(request.header("cookie", format!("refresh_token={token}"))).await.expect(303)
}

/// The number of seconds that the browser keeps the refresh token.
fn max_age(response: &TestResponse) -> i64 {
    response.cookie("refresh_token").max_age().unwrap().whole_seconds()
}

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_sign_in_ends_after_a_year_even_if_refreshed() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    assert_eq!(max_age(&login), 30 * DAY);
    age_sign_ins(&app, 355).await;
    let late = app.refresh(&login.refresh_token()).await.expect(200);
    let left = max_age(&late);
    assert!((10 * DAY - 60..=10 * DAY).contains(&left), "{left}");
    let longest: f64 = sqlx::query_scalar(
        "SELECT max(extract(epoch FROM expires_at - now()))::float8 FROM users.refresh_tokens WHERE NOT revoked",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert!(longest <= 864_000.0, "{longest}");
    app.page("/timeline", &login.session()).await.expect(200);

    age_sign_ins(&app, 10).await;
    app.refresh(&late.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.page("/timeline", &login.session()).await.expect(303);
    assert!(resume(&app, &late.refresh_token()).await.header("location").starts_with("/login"));
    let me = app.request(Method::GET, "/users/me").header("cookie", login.session());
    TestResponse::of(me).await.expect_error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn the_duration_of_sign_ins_is_configurable() {
    let app = TestApp::start_with(&[("SIGN_IN_DAYS", "7")]).await;
    let login = app.signed_in("ann").await;
    assert_eq!(max_age(&login), 7 * DAY);
    age_sign_ins(&app, 6).await;
    let again = app.refresh(&login.refresh_token()).await.expect(200);
    assert!(max_age(&again) <= DAY);
    age_sign_ins(&app, 1).await;
    app.refresh(&again.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
}

#[tokio::test]
async fn a_page_resumes_with_a_token_that_another_tab_just_rotated() {
    let app = TestApp::start().await;
    let first = app.signed_in("ann").await.refresh_token();
    let second = app.refresh(&first).await.expect(200).refresh_token();
    app.refresh(&second).await.expect(200);
    let response = resume(&app, &first).await;
    assert_eq!(response.header("location"), "/timeline");
    app.page("/timeline", &response.session()).await.expect(200);

    sqlx::query("UPDATE users.refresh_tokens SET rotated_at = earlier(rotated_at, interval '11 seconds')")
        .execute(&app.pool)
        .await
        .unwrap();
    assert!(resume(&app, &first).await.header("location").starts_with("/login"));
    // Reopening a page does not count as theft: the sign-in stays valid.
    app.page("/timeline", &response.session()).await.expect(200);
}
