//! What has run out is removed, and nothing else.

use kith::domain::verification::resend;
use kith::server::housekeeping::sweep;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::database::database;

#[tokio::test]
async fn expired_sessions_and_sign_ins_are_removed_and_live_ones_stay() {
    let app = TestApp::start().await;
    let old = app.signed_in("ann").await;
    for table in ["sessions", "refresh_tokens"] {
        let statement = format!("UPDATE users.{table} SET expires_at = now() - interval '1 second'");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&app.pool).await.unwrap();
    }
    let live = app.login("ann").await.expect(200);
    sweep(&app.pool, 7).await.unwrap();
    for table in ["sessions", "refresh_tokens", "token_families"] {
        assert_eq!(app.count(table).await, 1, "{table}");
    }
    app.page("/timeline", &live.session()).await.expect(200);
    app.page("/timeline", &old.session()).await.expect(303);
    app.refresh(&live.refresh_token()).await.expect(200);
}

#[tokio::test]
async fn an_account_that_is_never_verified_frees_its_email_and_username_after_a_week() {
    let app = TestApp::start().await;
    for name in ["ann", "ben", "cat"] {
        app.register(name).await.expect(201);
    }
    app.verify("ben").await;
    let age = "UPDATE users.users SET created_at = now() - CASE username WHEN 'cat' THEN interval '6 days 23 hours'
               ELSE interval '7 days 1 second' END";
    sqlx::query(age).execute(&app.pool).await.unwrap();
    expire_links(&app).await;
    app.register("ann").await.expect_error(409, "EMAIL_ALREADY_EXISTS");
    sweep(&app.pool, 7).await.unwrap();
    let left: Vec<String> =
        sqlx::query_scalar("SELECT username FROM users.users ORDER BY 1").fetch_all(&app.pool).await.unwrap();
    assert_eq!(left, ["ben", "cat"]);
    app.register("ann").await.expect(201);
    app.register("ben").await.expect_error(409, "EMAIL_ALREADY_EXISTS");
}

/// Lets the links that were mailed so far expire.
async fn expire_links(app: &TestApp) {
    let expire = "UPDATE users.email_verifications SET expires_at = now()";
    sqlx::query(expire).execute(&app.pool).await.unwrap();
}

#[tokio::test]
async fn a_link_mailed_on_the_last_day_works_to_its_end_and_none_is_mailed_after_that_day() {
    let app = TestApp::start().await;
    for name in ["ann", "ben"] {
        app.register(name).await.expect(201);
    }
    let mails = app.mailbox.wait_for("ann@example.org", 1).await;
    let (_, link) = mails[0].text.split_once("token=").unwrap();
    let token = link.split_whitespace().next().unwrap();
    for age in [
        "UPDATE users.users SET created_at = now() - interval '7 days 1 hour'",
        "UPDATE users.email_verifications SET created_at = now() - interval '23 hours'",
    ] {
        sqlx::query(age).execute(&app.pool).await.unwrap();
    }
    sweep(&app.pool, 7).await.unwrap();
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(200);

    let database = database(&app.pool).await;
    // Else one who asks again and again could keep the address.
    assert!(!resend(&database, "ben@example.org", 7).await.unwrap());
    assert!(resend(&database, "ben@example.org", 8).await.unwrap());
    sweep(&app.pool, 7).await.unwrap();
    assert_eq!(app.count("users").await, 2);
    expire_links(&app).await;
    sweep(&app.pool, 7).await.unwrap();
    let left: Vec<String> = sqlx::query_scalar("SELECT username FROM users.users").fetch_all(&app.pool).await.unwrap();
    assert_eq!(left, ["ann"]);
}

#[tokio::test]
async fn tokens_are_removed_a_day_after_they_have_expired() {
    let app = TestApp::start().await;
    for name in ["ann", "ben"] {
        app.register(name).await.expect(201);
        app.mailbox.wait_for(name, 1).await;
    }
    let age =
        "UPDATE users.one_time_tokens t SET expires_at = now() - CASE username WHEN 'ann' THEN interval '23 hours'
               ELSE interval '25 hours' END FROM users.users u WHERE u.id = t.user_id";
    sqlx::query(age).execute(&app.pool).await.unwrap();
    sweep(&app.pool, 7).await.unwrap();
    assert_eq!(app.count("one_time_tokens").await, 1);
}

#[tokio::test]
async fn mails_that_were_given_up_are_shown_for_a_month() {
    let app = TestApp::start_with(&[("EMAIL_PROVIDER_URL", "http://127.0.0.1:9/")]).await;
    for name in ["ann", "ben", "cat"] {
        app.register(name).await.expect(201);
    }
    let age = "UPDATE users.email_outbox o SET dead_at = now() - CASE username WHEN 'ann' THEN interval '31 days'
               WHEN 'ben' THEN interval '29 days' END
               FROM users.email_verifications v JOIN users.users u ON u.id = v.user_id WHERE v.id = o.verification_id";
    sqlx::query(age).execute(&app.pool).await.unwrap();
    sweep(&app.pool, 7).await.unwrap();
    assert_eq!(app.count("email_outbox").await, 2);
}

#[tokio::test]
async fn limits_that_are_full_again_are_forgotten() {
    let app = TestApp::start().await;
    app.post("/auth/login", json!({ "email": "ann@example.org", "password": "wrong" })).await.expect(401);
    assert_eq!(app.count("rate_limits").await, 3);
    sweep(&app.pool, 7).await.unwrap();
    assert_eq!(app.count("rate_limits").await, 3);
    sqlx::query("UPDATE users.rate_limits SET full_at = now() - interval '1 second'").execute(&app.pool).await.unwrap();
    sweep(&app.pool, 7).await.unwrap();
    assert_eq!(app.count("rate_limits").await, 0);
}
