//! Refresh tokens that were used: their rows go, and they are still recognized. Tokens that name a sign-in without
//! being one of its tokens do nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;

/// Makes all exchanges of tokens a minute older, so that the grace period has passed.
async fn end_grace(app: &TestApp) {
    app.run("UPDATE users.refresh_tokens SET rotated_at = earlier(rotated_at, interval '1 minute')").await;
}

/// The token with some of its bytes changed.
fn forged(token: &str, change: impl Fn(&mut [u8])) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    change(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The token as versions before migration 0023 encode it.
fn older(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&URL_SAFE_NO_PAD.decode(token).unwrap()[48..])
}

/// Makes all sign-ins and tokens look as if an older version had written them.
async fn make_older(app: &TestApp) {
    app.run(
        "UPDATE users.sign_ins SET family_secret_hash = NULL; UPDATE users.refresh_tokens SET names_sign_in = false",
    )
    .await;
}

async fn log_out(app: &TestApp, token: &str) {
    let request = app.request(Method::POST, "/auth/logout").header("cookie", format!("refresh_token={token}"));
    TestResponse::of(request).await.expect(204);
}

#[tokio::test]
async fn two_hundred_refreshes_leave_few_rows_and_a_used_token_still_ends_the_sign_in() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let first = app.signed_in("ann").await.refresh_token();
    let mut token = first.clone();
    let mut tokens = Vec::new();
    for number in 1..=200 {
        token = app.refresh(&token).await.expect(200).refresh_token();
        tokens.push(token.clone());
        if number % 50 == 0 {
            assert!(app.count("refresh_tokens").await <= 17, "after {number} refreshes");
        }
    }
    // One that is used now and then has two.
    for _ in 0..2 {
        end_grace(&app).await;
        token = app.refresh(&token).await.expect(200).refresh_token();
    }
    assert_eq!(app.count("refresh_tokens").await, 2);
    app.refresh(&tokens[100]).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.refresh(&token).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    let revoked: Vec<String> = sqlx::query_scalar("SELECT type FROM users.events WHERE type = 'session.revoked'")
        .fetch_all(&app.pool)
        .await
        .unwrap();
    assert_eq!(revoked.len(), 1);
    app.refresh(&first).await.expect_error(401, "INVALID_REFRESH_TOKEN");
}

#[tokio::test]
async fn a_token_forged_with_known_ids_ends_nothing() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let other = app.signed_in("ben").await.refresh_token();
    let token = login.refresh_token();
    let other = URL_SAFE_NO_PAD.decode(&other).unwrap();
    let forgeries = [
        // Another secret of its own and of the family, with the IDs of the sign-in.
        forged(&token, |bytes| bytes[32..].fill(7)),
        forged(&token, |bytes| bytes[32..48].copy_from_slice(&other[32..48])),
        // The secrets of the sign-in, with the IDs of another user or another sign-in.
        forged(&token, |bytes| bytes[..16].copy_from_slice(&other[..16])),
        forged(&token, |bytes| bytes[16..32].copy_from_slice(&other[16..32])),
        forged(&token, |bytes| bytes[..32].copy_from_slice(&other[..32])),
    ];
    // The second one has the current secret, which is what counts.
    for (index, forgery) in forgeries.iter().enumerate().filter(|(index, _)| *index != 1) {
        app.refresh(forgery).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        log_out(&app, forgery).await;
        app.page("/timeline", &login.session()).await.expect(200);
        let revoked: i64 =
            sqlx::query_scalar("SELECT count(revoked_at) FROM users.sign_ins").fetch_one(&app.pool).await.unwrap();
        assert_eq!(revoked, 0, "{index}");
    }
    app.refresh(&forgeries[1]).await.expect(200);
    end_grace(&app).await;
    // The family secret that the user has is still the one that proves that a token was used.
    app.refresh(&token).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.page("/timeline", &login.session()).await.expect(303);
}

#[tokio::test]
async fn a_used_token_whose_row_is_gone_signs_out_its_sign_in() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let second = app.refresh(&login.refresh_token()).await.expect(200).refresh_token();
    end_grace(&app).await;
    let third = app.refresh(&second).await.expect(200).refresh_token();
    assert_eq!(app.count("refresh_tokens").await, 2);
    log_out(&app, &login.refresh_token()).await;
    app.refresh(&third).await.expect_error(401, "INVALID_REFRESH_TOKEN");
}

#[tokio::test]
async fn tokens_that_a_new_proof_of_identity_replaced_are_forgotten_rather_than_stolen() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let request = app.request(Method::POST, "/auth/reauthenticate").bearer_auth(login.access_token());
    let proven =
        TestResponse::of(request.json(&json!({ "password": crate::support::app::PASSWORD }))).await.expect(200);
    app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.refresh(&proven.refresh_token()).await.expect(200);
}

#[tokio::test]
async fn tokens_and_page_sessions_of_earlier_versions_still_work() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    make_older(&app).await;
    app.run("UPDATE users.sessions SET data = data - 'owner'").await;
    app.page("/timeline", &login.session()).await.expect(200);
    let token = older(&login.refresh_token());
    assert_eq!(token.len(), 43);
    let (one, two) = tokio::join!(app.refresh(&token), app.refresh(&token));
    let successor = one.expect(200).refresh_token();
    assert_eq!(two.expect(200).refresh_token(), successor);
    assert_eq!(successor.len(), 107, "the successor names its sign-in");
    let third = app.refresh(&successor).await.expect(200).refresh_token();
    end_grace(&app).await;
    let fourth = app.refresh(&third).await.expect(200).refresh_token();
    // The row of the older token is kept, since nothing else shows that it was used.
    app.refresh(&token).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.refresh(&fourth).await.expect_error(401, "INVALID_REFRESH_TOKEN");
}

#[tokio::test]
async fn a_thief_cannot_hide_by_presenting_a_token_in_its_older_form() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let stolen = older(&login.refresh_token());
    let thief = app.refresh(&stolen).await.expect(200).refresh_token();
    end_grace(&app).await;
    let thief = app.refresh(&thief).await.expect(200).refresh_token();
    app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.refresh(&thief).await.expect_error(401, "INVALID_REFRESH_TOKEN");
}

#[tokio::test]
async fn links_of_earlier_versions_still_work_and_a_link_with_another_owner_does_not() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let token = app.mailbox.tokens("ann", "/verify-email", 1).await.remove(0);
    let forgery = forged(&token, |bytes| bytes[..16].fill(7));
    let error = app.post("/auth/verify-email", json!({ "token": forgery })).await;
    error.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    let older = URL_SAFE_NO_PAD.encode(&URL_SAFE_NO_PAD.decode(&token).unwrap()[16..]);
    app.post("/auth/verify-email", json!({ "token": older })).await.expect(200);
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(200);
}
