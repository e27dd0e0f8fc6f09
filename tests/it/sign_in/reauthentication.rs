//! `POST /auth/reauthenticate`, its page, and the operations that require a recent proof of identity (RFC 9470).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;
use crate::support::token::{claims, sid, without};
use crate::support::user::TestUser;

const STEP_UP: &str = r#"Bearer error="insufficient_user_authentication", max_age="600""#;

/// Makes all proofs of identity `seconds` older.
async fn age_proofs(app: &TestApp, seconds: i32) {
    let older = "UPDATE users.sign_ins SET authenticated_at = earlier(authenticated_at, make_interval(secs => $1))";
    sqlx::query(older).bind(f64::from(seconds)).execute(&app.pool).await.unwrap();
}

/// When the user of each session last proved their identity, in seconds since 1970.
async fn proofs(app: &TestApp) -> Vec<i64> {
    let times = "SELECT floor(extract(epoch FROM authenticated_at))::bigint FROM users.sign_ins ORDER BY id";
    sqlx::query_scalar(times).fetch_all(&app.pool).await.unwrap()
}

fn auth_time(token: &str) -> i64 {
    claims(token)["auth_time"].as_i64().unwrap()
}

/// Proves with `password`. The user is identified by the token, or else by the cookies.
async fn prove(app: &TestApp, token: Option<&str>, cookies: &str, password: &str) -> TestResponse {
    let request = app.request(Method::POST, "/auth/reauthenticate").json(&json!({ "password": password }));
    let request = if cookies.is_empty() { request } else { request.header("cookie", cookies) };
    TestResponse::of(match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    })
    .await
}

/// The response of each sensitive operation. None changes the session.
async fn sensitive(app: &TestApp, token: &str) -> [TestResponse; 2] {
    let email = app.request(Method::POST, "/users/me/email").bearer_auth(token);
    let export = app.request(Method::GET, "/users/me/export").bearer_auth(token);
    [TestResponse::of(email.json(&json!({ "email": "new@example.org" }))).await, TestResponse::of(export).await]
}

async fn request_deletion(app: &TestApp, token: &str, body: Value) -> TestResponse {
    TestResponse::of(app.request(Method::POST, "/users/me/deletion").bearer_auth(token).json(&body)).await
}

#[track_caller]
fn expect_step_up(response: &TestResponse) {
    response.expect_error(403, "REAUTHENTICATION_REQUIRED");
    assert_eq!(response.header("www-authenticate"), STEP_UP);
}

#[tokio::test]
async fn an_access_token_names_the_session_and_when_and_how_its_user_proved_their_identity() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let claims = claims(&login.access_token());
    let sign_in: uuid::Uuid = sqlx::query_scalar("SELECT id FROM users.sign_ins").fetch_one(&app.pool).await.unwrap();
    assert_eq!(claims["sid"], sign_in.to_string());
    assert_eq!(claims["auth_time"], proofs(&app).await[0]);
    assert_eq!(claims["amr"], json!(["pwd"]));
    assert_ne!(sid(&app.login("ann").await.expect(200).access_token()), sign_in.to_string());
}

#[tokio::test]
async fn a_refresh_keeps_the_session_and_never_renews_the_proof() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let (session, proved_at) = (sid(&login.access_token()), auth_time(&login.access_token()));
    let mut refresh_token = login.refresh_token();
    for hours in 1..=3 {
        age_proofs(&app, 3600).await;
        let refreshed = app.refresh(&refresh_token).await.expect(200);
        let claims = claims(&refreshed.access_token());
        assert_eq!(claims["sid"], session);
        assert_eq!(claims["auth_time"], proved_at - hours * 3600);
        assert_eq!(claims["amr"], json!(["pwd"]));
        refresh_token = refreshed.refresh_token();
    }
}

#[tokio::test]
async fn a_refresh_after_the_migration_counts_from_the_start_of_the_session() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    // The row of a session that started before the migration.
    sqlx::query(
        "UPDATE users.sign_ins SET authenticated_at = NULL, created_at = earlier(created_at, interval '1 day')",
    )
    .execute(&app.pool)
    .await
    .unwrap();
    let token = app.refresh(&login.refresh_token()).await.expect(200).access_token();
    assert_eq!(auth_time(&token), auth_time(&login.access_token()) - 86_400);
    for response in sensitive(&app, &token).await {
        expect_step_up(&response);
    }
}

#[tokio::test]
async fn a_mailed_link_is_recorded_as_a_one_time_password_until_the_password_is_proven() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.mailbox.wait_for("ann@example.org", 1).await;
    app.verify("ann").await;
    app.post("/auth/sign-in-link", json!({ "email": "ann@example.org" })).await.expect(202);
    let mail = app.mailbox.wait_for("ann@example.org", 2).await.remove(1);
    let token = mail.text.lines().find_map(|line| line.split_once("/sign-in-link?token=")).unwrap().1;
    let login = app.post("/auth/sign-in-with-link", json!({ "token": token })).await.expect(200);
    assert_eq!(claims(&login.access_token())["amr"], json!(["otp"]));
    assert_eq!(auth_time(&login.access_token()), proofs(&app).await[0]);
    let refreshed = app.refresh(&login.refresh_token()).await.expect(200);
    assert_eq!(claims(&refreshed.access_token())["amr"], json!(["otp"]));
    // It counts as a recent proof.
    for response in sensitive(&app, &refreshed.access_token()).await {
        assert!(response.status < 300, "{}", response.text);
    }
    let proven = prove(&app, Some(&refreshed.access_token()), "", PASSWORD).await.expect(200);
    assert_eq!(claims(&proven.access_token())["amr"], json!(["pwd"]));
    assert_eq!(sid(&proven.access_token()), sid(&login.access_token()));
}

#[tokio::test]
async fn the_password_renews_the_proof_in_the_same_session_with_a_new_refresh_token() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let session = sid(&login.access_token());
    let mut tokens = vec![login.refresh_token()];
    let mut page_session = login.session();
    // The last one also sends a refresh token, as browsers do below /auth.
    for (token, sends_session, sends_refresh_token) in
        [(Some(login.access_token()), false, false), (None, true, false), (None, true, true)]
    {
        let mut cookies = Vec::new();
        if sends_session {
            cookies.push(page_session.clone());
        }
        if sends_refresh_token {
            cookies.push(format!("refresh_token={}", tokens.last().unwrap()));
        }
        let cookies = cookies.join("; ");
        age_proofs(&app, 3600).await;
        let old = proofs(&app).await[0];
        let proven = prove(&app, token.as_deref(), &cookies, PASSWORD).await.expect(200);
        let body = proven.json();
        assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["access_token", "expires_in", "token_type"]);
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(900)));
        assert_eq!(sid(&proven.access_token()), session);
        assert_eq!(auth_time(&proven.access_token()), proofs(&app).await[0]);
        assert!(auth_time(&proven.access_token()) >= old + 3600);
        let cookie = proven.cookie("refresh_token");
        assert_eq!((cookie.path(), cookie.http_only(), cookie.secure()), (Some("/auth"), Some(true), Some(true)));
        assert!(!tokens.contains(&proven.refresh_token()));
        assert!(!proven.cookie("device").value().is_empty());
        tokens.push(proven.refresh_token());
        // Pages stay signed in, but not with a cookie that someone copied before (OWASP ASVS 7.2.4).
        app.page("/timeline", &page_session).await.expect(303);
        page_session = proven.session();
        app.page("/timeline", &page_session).await.expect(200);
        app.me(&proven.access_token()).await.expect(200);
    }
    assert_eq!(app.count("sign_ins").await, 1);
    // A tab that still holds the last token before the rotation gets the same successor.
    let [.., before, last] = tokens.as_slice() else { unreachable!() };
    assert_eq!(&app.refresh(before).await.expect(200).refresh_token(), last);
    // One that was replaced without being presented is no longer accepted, but does not count as theft.
    app.refresh(&tokens[0]).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    let next = app.refresh(last).await.expect(200);
    assert_eq!(sid(&next.access_token()), session);
    app.page("/timeline", &page_session).await.expect(200);
}

#[tokio::test]
async fn another_sessions_refresh_token_beside_the_access_token_is_left_alone() {
    let app = TestApp::start().await;
    let (first, second) = (app.signed_in("ann").await, app.login("ann").await.expect(200));
    let cookies = format!("refresh_token={}", second.refresh_token());
    let proven = prove(&app, Some(&first.access_token()), &cookies, PASSWORD).await.expect(200);
    assert_eq!(sid(&proven.access_token()), sid(&first.access_token()));
    for (refresh_token, session) in [(proven.refresh_token(), &first), (second.refresh_token(), &second)] {
        let refreshed = app.refresh(&refresh_token).await.expect(200);
        assert_eq!(sid(&refreshed.access_token()), sid(&session.access_token()));
    }
}

#[tokio::test]
async fn a_wrong_or_missing_password_and_callers_who_are_not_users_change_nothing() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let token = login.access_token();
    age_proofs(&app, 3600).await;
    let before = proofs(&app).await;
    for (token, cookies) in [(Some(token.as_str()), ""), (None, login.session().as_str())] {
        let wrong = prove(&app, token, cookies, "mistaken pass").await;
        wrong.expect_error(403, "WRONG_PASSWORD");
        assert_eq!(wrong.header("www-authenticate"), "");
        assert!(wrong.cookies().is_empty(), "{:?}", wrong.headers);
        let empty = prove(&app, token, cookies, "").await;
        empty.expect_error(422, "VALIDATION_FAILED");
        let fields: Vec<_> = empty.json()["error"]["fields"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, ["password"]);
    }
    let cookies = format!("refresh_token={}", login.refresh_token());
    // The refresh token alone does not identify the user.
    for (token, cookies) in [(None, ""), (None, cookies.as_str()), (Some("x.y.z"), login.session().as_str())] {
        prove(&app, token, cookies, PASSWORD).await.expect_error(401, "UNAUTHENTICATED");
    }
    let service = TestUser::service(&app);
    prove(&app, Some(&service.token), "", PASSWORD).await.expect_error(403, "FORBIDDEN");
    assert_eq!(proofs(&app).await, before);
    // The refresh token was not rotated.
    let rotated = "SELECT count(*) FROM users.refresh_tokens WHERE revoked";
    assert_eq!(sqlx::query_scalar::<_, i64>(rotated).fetch_one(&app.pool).await.unwrap(), 0);
    app.refresh(&login.refresh_token()).await.expect(200);
}

#[tokio::test]
async fn wrong_passwords_count_with_those_of_sign_ins_and_the_right_one_forgives_them() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let sign_in = async |password: &str| {
        app.post("/auth/login", json!({ "email": "ANN@example.org", "password": password })).await
    };
    let change = async || {
        let request = app.request(Method::PUT, "/users/me/password").bearer_auth(&token);
        let body = json!({ "current_password": "mistaken pass", "password": "another horse battery" });
        TestResponse::of(request.json(&body)).await
    };
    let guess = async |n: i32| match n % 3 {
        0 => sign_in("mistaken pass").await.expect_error(401, "INVALID_CREDENTIALS"),
        1 => prove(&app, Some(&token), "", "mistaken pass").await.expect_error(403, "WRONG_PASSWORD"),
        _ => change().await.expect_error(403, "WRONG_PASSWORD"),
    };
    for n in 0..9 {
        guess(n).await;
    }
    prove(&app, Some(&token), "", PASSWORD).await.expect(200);
    for n in 0..10 {
        guess(n).await;
    }
    for response in [prove(&app, Some(&token), "", PASSWORD).await, change().await, sign_in(PASSWORD).await] {
        response.expect_error(429, "RATE_LIMITED");
        let seconds: u32 = response.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    // The same limit holds for the password in the body of a sensitive operation.
    let body = json!({ "current_password": PASSWORD });
    request_deletion(&app, &token, body).await.expect_error(429, "RATE_LIMITED");
    // A recent proof needs no password.
    request_deletion(&app, &token, json!({})).await.expect(202);
}

#[tokio::test]
async fn sensitive_operations_require_a_proof_that_is_less_than_ten_minutes_old() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    for response in sensitive(&app, &login.access_token()).await {
        assert!(response.status < 300, "{}", response.text);
    }
    age_proofs(&app, 9 * 60).await;
    let refreshed = app.refresh(&login.refresh_token()).await.expect(200);
    for response in sensitive(&app, &refreshed.access_token()).await {
        assert!(response.status < 300, "{}", response.text);
    }
    age_proofs(&app, 60).await;
    let refreshed = app.refresh(&refreshed.refresh_token()).await.expect(200);
    let before = app.count("audit_log").await;
    for response in sensitive(&app, &refreshed.access_token()).await {
        expect_step_up(&response);
    }
    expect_step_up(&request_deletion(&app, &refreshed.access_token(), json!({})).await);
    // An empty field of a form is no password.
    expect_step_up(&request_deletion(&app, &refreshed.access_token(), json!({ "current_password": "" })).await);
    for list in ["follows", "followers", "blocks", "mutes"] {
        let path = format!("/users/me/export/{list}.csv");
        let request = app.request(Method::GET, &path).bearer_auth(refreshed.access_token());
        expect_step_up(&TestResponse::of(request).await);
    }
    // The same for a page session.
    let request = app.request(Method::GET, "/users/me/export").header("cookie", login.session());
    expect_step_up(&TestResponse::of(request).await);
    assert_eq!(app.count("audit_log").await, before);
    // Other operations do not ask.
    let request = app.request(Method::PATCH, "/users/me").bearer_auth(refreshed.access_token());
    TestResponse::of(request.json(&json!({ "bio": "x" }))).await.expect(200);

    let proven = prove(&app, Some(&refreshed.access_token()), "", PASSWORD).await.expect(200);
    for response in sensitive(&app, &proven.access_token()).await {
        assert!(response.status < 300, "{}", response.text);
    }
    // The proof belongs to the session: its pages are recent, too, but its earlier tokens are not.
    expect_step_up(&request_deletion(&app, &refreshed.access_token(), json!({})).await);
    let fields = [("_back", "/settings"), ("_next", "/account-deleted")];
    let posted = app.submit("/users/me/deletion", &fields, &proven.session()).await.expect(303);
    assert_eq!(posted.header("location"), "/account-deleted");
}

#[tokio::test]
async fn the_password_in_the_same_request_replaces_a_recent_proof() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    age_proofs(&app, 3600).await;
    let token = app.refresh(&login.refresh_token()).await.expect(200).access_token();
    let with = |password: &str| json!({ "email": "new@example.org", "current_password": password });
    let change = async |body: Value| {
        TestResponse::of(app.request(Method::POST, "/users/me/email").bearer_auth(&token).json(&body)).await
    };
    change(with("mistaken pass")).await.expect_error(403, "WRONG_PASSWORD");
    request_deletion(&app, &token, with("mistaken pass")).await.expect_error(403, "WRONG_PASSWORD");
    change(with(PASSWORD)).await.expect(202);
    // A wrong password is rejected even after a recent proof.
    let recent = app.login("ann").await.expect(200).access_token();
    request_deletion(&app, &recent, with("mistaken pass")).await.expect_error(403, "WRONG_PASSWORD");
    request_deletion(&app, &token, json!({ "current_password": PASSWORD })).await.expect(202);
}

#[tokio::test]
async fn a_token_without_the_time_of_a_proof_counts_as_stale() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let stale = without(&token, &["auth_time", "amr"]);
    app.me(&stale).await.expect(200);
    for response in sensitive(&app, &stale).await {
        expect_step_up(&response);
    }
    expect_step_up(&request_deletion(&app, &stale, json!({})).await);
    let proven = prove(&app, Some(&stale), "", PASSWORD).await.expect(200);
    for response in sensitive(&app, &proven.access_token()).await {
        assert!(response.status < 300, "{}", response.text);
    }
}

/// The value of the hidden field `name` of the form.
#[track_caller]
fn hidden<'a>(page: &'a TestResponse, name: &str) -> &'a str {
    let form = page.text.split("<form").find(|form| form.contains(r#"action="/auth/reauthenticate""#));
    let form = form.unwrap_or_else(|| panic!("no form: {}", page.text)).split("</form>").next().unwrap();
    let field = form.split("<input").find(|field| field.contains(&format!(r#"name="{name}""#)));
    let field = field.unwrap_or_else(|| panic!("no field {name}: {}", page.text));
    field.split(r#"value=""#).nth(1).unwrap().split('"').next().unwrap()
}

#[tokio::test]
async fn the_page_asks_for_the_password_and_continues_without_javascript() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    age_proofs(&app, 3600).await;
    // As the link to a download does.
    let download = app.page("/users/me/export", &login.session()).await.expect(303);
    let path = download.header("location").to_owned();
    assert!(path.starts_with("/reauthenticate?next=%2Fsettings"), "{path}");
    let page = app.page(&path, &login.session()).await.expect(200);
    assert!(page.text.contains("Confirm that it’s you"), "{}", page.text);
    assert!(page.text.contains(r#"action="/auth/reauthenticate""#), "{}", page.text);
    let (back, next) = (hidden(&page, "_back").to_owned(), hidden(&page, "_next").to_owned());
    assert_eq!((back.as_str(), next.as_str()), (path.as_str(), "/settings#your-data"));

    let cookies = format!("refresh_token={}; {}", login.refresh_token(), login.session());
    let fields = |password| [("password", password), ("_back", back.as_str()), ("_next", next.as_str())];
    let wrong = app.submit("/auth/reauthenticate", &fields("mistaken pass"), &cookies).await.expect(303);
    assert_eq!(wrong.header("location"), path);
    let page = app.page(&path, &[login.session(), wrong.session()].join("; ")).await.expect(200);
    assert!(page.text.contains(r#"role="alert""#) && !page.text.contains("mistaken pass"), "{}", page.text);

    let right = app.submit("/auth/reauthenticate", &fields(PASSWORD), &cookies).await.expect(303);
    assert_eq!(right.header("location"), next);
    app.page("/users/me/export", &right.session()).await.expect(200);
    let refreshed = app.refresh(&right.refresh_token()).await.expect(200);
    assert_eq!(sid(&refreshed.access_token()), sid(&login.access_token()));
}

#[tokio::test]
async fn the_page_does_not_lead_to_other_sites() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    for (next, target) in [
        ("", "/settings"),
        ("?next=%2Ftimeline", "/timeline"),
        ("?next=https%3A%2F%2Fevil.example%2F", "/settings"),
        ("?next=%2F%2Fevil.example", "/settings"),
        ("?next=%2F%5Cevil.example", "/settings"),
        ("?next=javascript%3Aalert(1)", "/settings"),
    ] {
        let page = app.page(&format!("/reauthenticate{next}"), &login.session()).await.expect(200);
        assert_eq!(hidden(&page, "_next"), target, "{next}");
    }
    for evil in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let fields = [("password", PASSWORD), ("_back", evil), ("_next", evil)];
        let posted = app.submit("/auth/reauthenticate", &fields, &login.session()).await.expect(303);
        assert_eq!(posted.header("location"), "/", "{evil}");
    }
    // A visitor has to sign in, and comes back.
    let visitor = app.page("/reauthenticate?next=%2Fsettings", "").await.expect(303);
    assert_eq!(visitor.header("location"), "/auth/resume?next=%2Freauthenticate%3Fnext%3D%252Fsettings");
}
