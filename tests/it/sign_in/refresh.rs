//! `POST /auth/refresh`: USER-BE-002.2, and attacks on it.

use futures::future::join_all;

use crate::support::app::TestApp;

/// Makes all rotations of refresh tokens `seconds` older.
async fn age_rotations(app: &TestApp, seconds: i32) {
    let statement =
        sqlx::query("UPDATE users.refresh_tokens SET rotated_at = earlier(rotated_at, make_interval(secs => $1))");
    statement.bind(f64::from(seconds)).execute(&app.pool).await.unwrap();
}

async fn live_tokens(app: &TestApp) -> i64 {
    let live = "SELECT count(*) FROM users.refresh_tokens t JOIN users.sign_ins f ON f.user_id = t.user_id AND f.id = t.family_id
                WHERE NOT t.revoked AND t.expires_at > now() AND f.revoked_at IS NULL";
    sqlx::query_scalar(live).fetch_one(&app.pool).await.unwrap()
}

#[tokio::test]
async fn user_be_002_2_s1_a_refresh_returns_a_new_access_token_and_rotates_the_cookie() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let response = app.refresh(&login.refresh_token()).await.expect(200);
    assert_eq!(response.json()["expires_in"], 900);
    assert_ne!(response.access_token(), login.access_token());
    assert_ne!(response.refresh_token(), login.refresh_token());
    app.me(&response.access_token()).await.expect(200);

    let revoked: Vec<bool> = sqlx::query_scalar("SELECT revoked FROM users.refresh_tokens ORDER BY created_at")
        .fetch_all(&app.pool)
        .await
        .unwrap();
    assert_eq!(revoked, [true, false]);
    app.refresh(&response.refresh_token()).await.expect(200);
}

#[tokio::test]
async fn user_be_002_2_s2_expired_unknown_and_missing_tokens_are_rejected() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    sqlx::query("UPDATE users.refresh_tokens SET expires_at = now() - interval '1 second'")
        .execute(&app.pool)
        .await
        .unwrap();
    for token in [login.refresh_token().as_str(), &"A".repeat(43), "", "garbage"] {
        let response = app.refresh(token).await;
        response.expect_error(401, "INVALID_REFRESH_TOKEN");
        assert!(response.cookies().is_empty());
    }
    app.post("/auth/refresh", serde_json::json!({})).await.expect_error(401, "INVALID_REFRESH_TOKEN");
}

#[tokio::test]
async fn concurrent_reuse_twenty_refreshes_all_succeed_with_one_live_successor() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let token = login.refresh_token();
    let responses = join_all((0..20).map(|_| app.refresh(&token))).await;
    let mut successors: Vec<_> = responses.into_iter().map(|response| response.expect(200).refresh_token()).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_eq!(live_tokens(&app).await, 1);
    app.refresh(&successors[0]).await.expect(200);
}

#[tokio::test]
async fn lost_response_the_old_token_still_returns_its_live_descendant_within_ten_seconds() {
    let app = TestApp::start().await;
    let first = app.signed_in("ann").await.refresh_token();
    let second = app.refresh(&first).await.expect(200).refresh_token();
    let third = app.refresh(&second).await.expect(200).refresh_token();
    age_rotations(&app, 9).await;
    assert_eq!(app.refresh(&first).await.expect(200).refresh_token(), third);
    assert_eq!(live_tokens(&app).await, 1);
}

#[tokio::test]
async fn malicious_reuse_after_the_grace_period_revokes_the_whole_family() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let other_device = app.login("ann").await.expect(200);
    let successor = app.refresh(&login.refresh_token()).await.expect(200);
    age_rotations(&app, 11).await;
    app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.refresh(&successor.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.page("/timeline", &login.session()).await.expect(303);
    // Another sign-in of the same user stays valid.
    app.refresh(&other_device.refresh_token()).await.expect(200);
}

#[tokio::test]
async fn a_refresh_that_races_a_sign_out_leaves_no_live_token() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    for _ in 0..20 {
        let token = app.login("ann").await.expect(200).refresh_token();
        let sign_out =
            app.request(reqwest::Method::POST, "/auth/logout").header("cookie", format!("refresh_token={token}"));
        let (refreshed, signed_out) = tokio::join!(app.refresh(&token), sign_out.send());
        assert_eq!(signed_out.unwrap().status(), 204);
        if refreshed.status == 200 {
            app.refresh(&refreshed.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        }
        assert_eq!(live_tokens(&app).await, 0);
    }
}

#[tokio::test]
async fn a_refresh_restores_a_lost_page_session() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let response = app.refresh(&login.refresh_token()).await.expect(200);
    app.page("/timeline", &response.session()).await.expect(200);
}
