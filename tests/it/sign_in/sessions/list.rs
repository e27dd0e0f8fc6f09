//! `GET /users/me/sessions`: where and when each session was used.

use reqwest::Method;
use serde_json::json;

use super::support::{FIREFOX_ON_WINDOWS, SAFARI_ON_IOS, expect_active, ids, listed, registered, sids, sign_in};
use crate::support::app::TestApp;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::token::sid;
use crate::support::user::{TestUser, test_user};

/// Takes client addresses from `X-Forwarded-For`, as behind nginx.
const BEHIND_PROXY: &[(&str, &str)] = &[("TRUSTED_PROXIES", "127.0.0.0/8")];

/// Makes the last use of a session `minutes` older.
async fn age_use(app: &TestApp, login: &TestResponse, minutes: i32) {
    let older = "UPDATE users.sign_ins SET last_used_at = now() - make_interval(mins => $2) WHERE id = $1::uuid";
    let older = sqlx::query(older).bind(sid(&login.access_token())).bind(minutes);
    assert_eq!(older.execute(&app.pool).await.unwrap().rows_affected(), 1);
}

/// How many minutes ago a session was last used.
async fn minutes_since_use(app: &TestApp, login: &TestResponse) -> i64 {
    let age =
        "SELECT floor(extract(epoch FROM now() - last_used_at) / 60)::bigint FROM users.sign_ins WHERE id = $1::uuid";
    sqlx::query_scalar(age).bind(sid(&login.access_token())).fetch_one(&app.pool).await.unwrap()
}

#[tokio::test]
async fn the_list_says_where_and_when_each_session_was_used_and_which_is_the_current_one() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    registered(&app, "ann").await;
    test_user(&app, "ben").await;
    let from = |ip: &'static str, agent: &'static str| [("x-forwarded-for", ip), ("user-agent", agent)];
    let windows = sign_in(&app, "ann", &from("203.0.113.7", FIREFOX_ON_WINDOWS)).await.expect(200);
    let iphone = sign_in(&app, "ann", &from("2001:db8::7", SAFARI_ON_IOS)).await.expect(200);
    let unknown = sign_in(&app, "ann", &from("198.51.100.7", "kith-cli/1.0")).await.expect(200);
    let silent = sign_in(&app, "ann", &[("x-forwarded-for", "198.51.100.8")]).await.expect(200);

    let items = listed(&app, &iphone.access_token()).await;
    // The current one, then the one used last.
    for (item, (login, ip, browser, system)) in items.iter().zip([
        (&iphone, "2001:db8::7", Some("Safari"), Some("iOS")),
        (&silent, "198.51.100.8", None, None),
        (&unknown, "198.51.100.7", None, None),
        (&windows, "203.0.113.7", Some("Firefox"), Some("Windows")),
    ]) {
        let keys: Vec<_> = item.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["client", "created_at", "current", "id", "ip", "last_seen_at"]);
        assert_eq!(item["id"], sid(&login.access_token()));
        assert_eq!(item["ip"], ip);
        assert_eq!(item["client"], json!({ "browser": browser, "system": system }));
        assert_eq!(item["current"], std::ptr::eq(login, &raw const iphone), "{item}");
        assert_eq!(item["last_seen_at"], item["created_at"]);
        let time = item["created_at"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.starts_with("20"), "{time}");
    }
    assert_eq!(items.len(), 4);

    // A refresh is a use, from another place.
    let refresh = app.request(Method::POST, "/auth/refresh").header("x-forwarded-for", "192.0.2.9");
    let cookie = format!("refresh_token={}", windows.refresh_token());
    TestResponse::of(refresh.header("cookie", cookie)).await.expect(200);
    let first = listed(&app, &iphone.access_token()).await.remove(1);
    assert_eq!((&first["id"], &first["ip"]), (&json!(sid(&windows.access_token())), &json!("192.0.2.9")));
    assert!(first["last_seen_at"].as_str().unwrap() > first["created_at"].as_str().unwrap(), "{first}");
    assert_eq!(first["current"], false);
}

#[tokio::test]
async fn browsers_and_systems_are_recognized_by_their_own_names() {
    let app = TestApp::start().await;
    registered(&app, "ann").await;
    let chromium = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0";
    for (agent, browser, system) in [
        (
            format!("Mozilla/5.0 (Windows NT 10.0) {chromium} Safari/537.36 Edg/131.0.0.0"),
            Some("Edge"),
            Some("Windows"),
        ),
        (format!("Mozilla/5.0 (Linux; Android 15) {chromium} Mobile Safari/537.36"), Some("Chrome"), Some("Android")),
        (
            format!("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {chromium} Safari/537.36"),
            Some("Chrome"),
            Some("macOS"),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0".to_owned(),
            Some("Firefox"),
            Some("Linux"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             FxiOS/133.0 Mobile/15E148 Safari/605.1.15"
                .to_owned(),
            Some("Firefox"),
            Some("iOS"),
        ),
        ("Windows".to_owned(), None, Some("Windows")),
        ("<script>alert(1)</script>".to_owned(), None, None),
    ] {
        let token = sign_in(&app, "ann", &[("user-agent", agent.as_str())]).await.expect(200).access_token();
        let items = listed(&app, &token).await;
        let item = items.iter().find(|item| item["current"] == true).unwrap();
        assert_eq!(item["client"], json!({ "browser": browser, "system": system }), "{agent}");
    }
}

#[tokio::test]
async fn the_list_holds_only_active_sessions_of_the_caller_and_no_secrets() {
    let app = TestApp::start().await;
    let (ann, ben) = (app.signed_in("ann").await, app.signed_in("ben").await);
    let (idle, old) = (app.login("ann").await.expect(200), app.login("ann").await.expect(200));
    let signed_out = app.login("ann").await.expect(200);
    let cookie = format!("refresh_token={}", signed_out.refresh_token());
    TestResponse::of(app.request(Method::POST, "/auth/logout").header("cookie", cookie)).await.expect(204);
    for (login, statement) in [
        (&idle, "UPDATE users.refresh_tokens SET expires_at = now() WHERE family_id = $1::uuid"),
        (&old, "UPDATE users.sign_ins SET created_at = now() - interval '366 days' WHERE id = $1::uuid"),
    ] {
        sqlx::query(statement).bind(sid(&login.access_token())).execute(&app.pool).await.unwrap();
    }
    assert_eq!(ids(&app, &ann.access_token()).await, sids([&ann]));
    assert_eq!(ids(&app, &ben.access_token()).await, sids([&ben]));

    let hashes: Vec<String> = sqlx::query_scalar("SELECT encode(token_hash, 'hex') FROM users.refresh_tokens")
        .fetch_all(&app.pool)
        .await
        .unwrap();
    let page_request = app.request(Method::GET, "/users/me/sessions").header("cookie", ann.session());
    let by_page = TestResponse::of(page_request).await.expect(200);
    // The page session is the current session, too.
    assert_eq!(by_page.json()["items"][0]["current"], true);
    let session = ann.cookie("__Host-session").value().to_owned();
    for secret in [ann.refresh_token(), ann.access_token(), session].iter().chain(&hashes) {
        assert!(!by_page.text.contains(secret.as_str()), "{}", by_page.text);
    }

    app.get("/users/me/sessions").await.expect_error(401, "UNAUTHENTICATED");
    let service = TestUser::service(&app);
    service.get(&app, "/users/me/sessions").await.expect_error(403, "FORBIDDEN");
    for path in ["/users/me/sessions", &format!("/users/me/sessions/{}", sid(&ann.access_token()))] {
        TestResponse::of(app.request(Method::DELETE, path)).await.expect_error(401, "UNAUTHENTICATED");
        service.send(&app, Method::DELETE, path).await.expect_error(403, "FORBIDDEN");
    }
    expect_active(&app, &ann).await;
}

#[tokio::test]
async fn a_new_sign_in_ends_the_session_used_longest_ago_if_there_are_a_hundred() {
    let app = TestApp::start().await;
    let logins = [app.signed_in("ann").await, app.login("ann").await.expect(200), app.signed_in("ben").await];
    let [first, second, ben] = &logins;
    // The first session is used later than all others.
    sqlx::query(
        "INSERT INTO users.sign_ins (id, user_id, created_at)
         SELECT gen_random_uuid(), user_id, now() - interval '1 minute' FROM users.sign_ins, generate_series(1, 97)
         WHERE id = $1::uuid",
    )
    .bind(sid(&first.access_token()))
    .execute(&app.pool)
    .await
    .unwrap();
    age_use(&app, second, 60).await;
    age_use(&app, ben, 120).await;
    let active = async || -> i64 {
        let statement = "SELECT count(*) FROM users.sign_ins JOIN users.users u ON u.id = user_id
                         WHERE revoked_at IS NULL AND username = 'ann'";
        sqlx::query_scalar(statement).fetch_one(&app.pool).await.unwrap()
    };
    let third = app.login("ann").await.expect(200);
    assert_eq!(active().await, 100);
    app.refresh(&second.refresh_token()).await.expect(200);
    age_use(&app, second, 60).await;
    app.login("ann").await.expect(200);
    assert_eq!(active().await, 100);
    app.refresh(&second.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.page("/timeline", &second.session()).await.expect(303);
    for login in [first, &third, ben] {
        app.refresh(&login.refresh_token()).await.expect(200);
    }
    let revoked: Vec<String> =
        sqlx::query_scalar("SELECT data ->> 'sid' FROM users.events WHERE type = 'session.revoked'")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert_eq!(revoked, [sid(&second.access_token())]);
}

#[tokio::test]
async fn pages_record_the_use_of_a_session_at_most_every_five_minutes() {
    let app = TestApp::start_with(BEHIND_PROXY).await;
    let (recent, idle) = (app.signed_in("ann").await, app.login("ann").await.expect(200));
    age_use(&app, &recent, 4).await;
    age_use(&app, &idle, 6).await;
    let open = async |login: &TestResponse| {
        let request = app.request(Method::GET, "/timeline").header("accept", "text/html");
        let request = request.header("x-forwarded-for", "203.0.113.9").header("cookie", login.session());
        TestResponse::of(request).await.expect(200);
    };
    for _ in 0..8 {
        open(&recent).await;
    }
    open(&idle).await;
    wait_until("the use is recorded", async || minutes_since_use(&app, &idle).await == 0).await;
    // Its task would have started before.
    assert_eq!(minutes_since_use(&app, &recent).await, 4);
    let items = listed(&app, &recent.access_token()).await;
    let ip = |login: &TestResponse| {
        let id = sid(&login.access_token());
        items.iter().find(|item| item["id"] == id).unwrap()["ip"].clone()
    };
    assert_eq!((ip(&idle), ip(&recent)), (json!("203.0.113.9"), json!("127.0.0.1")));
    // An operation with a token reads nothing about the session.
    age_use(&app, &recent, 6).await;
    app.me(&recent.access_token()).await.expect(200);
    assert_eq!(minutes_since_use(&app, &recent).await, 6);
}
