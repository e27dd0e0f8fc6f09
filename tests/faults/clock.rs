//! Instances whose clocks are wrong: one is 5 minutes ahead of the database, the other 5 minutes behind.

use std::path::PathBuf;
use std::process::Command;

use jsonwebtoken::{EncodingKey, decode_header, encode};
use reqwest::header::DATE;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use time::{Duration, OffsetDateTime};

use crate::service::{Caller, Instance, User, World, email};
use crate::support::app::{KEY, PASSWORD};
use crate::support::process::free_address;
use crate::support::response::TestResponse;
use crate::support::token::claims;

/// Runs a command with a clock that is this far off (libfaketime). Its timers run as usual.
fn with_clock(mut command: Command, offset: &str) -> Command {
    let folders = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut libraries = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    let library: PathBuf =
        libraries.find(|library| library.exists()).expect("faketime: run the tests with `make test`");
    command.env("LD_PRELOAD", library).env("FAKETIME", offset).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

/// Two instances on one database.
struct Pair {
    world: World,
    ahead: Instance,
    behind: Instance,
}

impl Pair {
    async fn start() -> Self {
        let world = World::create().await;
        let start = async |offset: &str| {
            let address = free_address();
            Instance::start(with_clock(world.serve(&address), offset), &address).await
        };
        let (ahead, behind) = (start("+5m").await, start("-5m").await);
        for (instance, minutes) in [(&ahead, 5), (&behind, -5)] {
            let response = instance.caller.request(Method::GET, "/livez").send().await.unwrap();
            let date = httpdate::parse_http_date(response.headers()[DATE].to_str().unwrap()).unwrap();
            let error = OffsetDateTime::from(date) - OffsetDateTime::now_utc() - Duration::minutes(minutes);
            assert!(error.abs() < Duration::seconds(30), "the clock is not {minutes} minutes off, but another {error}");
        }
        Self { world, ahead, behind }
    }

    /// Both callers, in both orders.
    fn both_ways(&self) -> [(&Caller, &Caller); 2] {
        let (ahead, behind) = (&self.ahead.caller, &self.behind.caller);
        [(ahead, behind), (behind, ahead)]
    }

    /// Makes the proofs of identity of all sessions this old.
    async fn age_proofs(&self, seconds: i64) {
        let statement = format!("UPDATE users.sign_ins SET authenticated_at = now() - interval '{seconds} seconds'");
        sqlx::query(AssertSqlSafe(statement)).execute(&self.world.database.pool).await.unwrap();
    }
}

async fn send(request: RequestBuilder) -> TestResponse {
    TestResponse::of(request).await
}

/// The same access token, but it expires at this time.
fn expiring_at(token: &str, time: OffsetDateTime) -> String {
    let mut claims = claims(token);
    claims["exp"] = json!(time.unix_timestamp());
    let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).unwrap();
    encode(&decode_header(token).unwrap(), &claims, &key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_move_between_instances_whose_clocks_differ_by_ten_minutes() {
    let pair = Pair::start().await;
    for ((first, second), name) in pair.both_ways().into_iter().zip(["ann", "ben"]) {
        let [user] = first.signed_in(&pair.world, [name]).await;
        let mut token = user.login.refresh_token();
        let mut access = user.token();
        for instance in [second, first, second] {
            assert_eq!(send(instance.get("/users/me", &access)).await.expect(200).json()["username"], name);
            let refreshed = send(instance.refresh(&token)).await.expect(200);
            // A repeated request, such as that of another tab, gets the same token from the other instance.
            assert_eq!(send(first.refresh(&token)).await.expect(200).refresh_token(), refreshed.refresh_token());
            (token, access) = (refreshed.refresh_token(), refreshed.access_token());
            let page = send(instance.page("/timeline", &user.login.session())).await.expect(200);
            assert!(page.text.contains(&format!("Hello, {name}")));
        }
        send(second.request(Method::POST, "/auth/logout").header("cookie", format!("refresh_token={token}")))
            .await
            .expect(204);
        send(first.refresh(&token)).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_valid_for_fifteen_minutes_by_the_databases_clock() {
    let pair = Pair::start().await;
    for ((issuer, other), name) in pair.both_ways().into_iter().zip(["ann", "ben"]) {
        let [user] = issuer.signed_in(&pair.world, [name]).await;
        let (now, claims) = (OffsetDateTime::now_utc(), claims(&user.token()));
        let time = |claim: &str| OffsetDateTime::from_unix_timestamp(claims[claim].as_i64().unwrap()).unwrap();
        // Other services compare these with their own clocks.
        assert!((time("iat") - now).abs() < Duration::seconds(20), "{claims}");
        assert!((time("auth_time") - now).abs() < Duration::seconds(20), "{claims}");
        assert_eq!(time("exp") - time("iat"), Duration::minutes(15));
        let in_time = expiring_at(&user.token(), now + Duration::seconds(20));
        let expired = expiring_at(&user.token(), now - Duration::seconds(40));
        for instance in [issuer, other] {
            send(instance.get("/users/me", &in_time)).await.expect(200);
            send(instance.get("/users/me", &expired)).await.expect_error(401, "UNAUTHENTICATED");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_of_identity_is_fresh_for_ten_minutes_by_the_databases_clock() {
    let pair = Pair::start().await;
    let [ann] = pair.ahead.caller.signed_in(&pair.world, ["ann"]).await;
    let mut refresh_token = ann.login.refresh_token();
    for (age, status) in [(0, 202), (570, 202), (610, 403)] {
        pair.age_proofs(age).await;
        for (issuer, other) in pair.both_ways() {
            let refreshed = send(issuer.refresh(&refresh_token)).await.expect(200);
            refresh_token = refreshed.refresh_token();
            for instance in [issuer, other] {
                let change = instance.post("/users/me/email", &json!({ "email": "new@example.org" }));
                send(change.bearer_auth(refreshed.access_token())).await.expect(status);
            }
        }
    }
    // Deletions ask for the same proof, and accept the password instead.
    let access = send(pair.behind.caller.refresh(&refresh_token)).await.expect(200).access_token();
    let delete = |body: Value| send(pair.behind.caller.post("/users/me/deletion", &body).bearer_auth(&access));
    delete(json!({})).await.expect_error(403, "REAUTHENTICATION_REQUIRED");
    delete(json!({ "current_password": PASSWORD })).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn mailed_links_and_forms_work_on_the_other_instance() {
    let pair = Pair::start().await;
    let mailbox = &pair.world.mailbox;
    for ((first, second), name) in pair.both_ways().into_iter().zip(["ann", "ben"]) {
        let (address, second_password) = (email(name), "a quiet river runs");
        send(first.register(name)).await.expect(201);
        let token = mailbox.token(&address, "/verify-email").await;
        send(second.post("/auth/verify-email", &json!({ "token": token }))).await.expect(200);

        send(first.post("/auth/sign-in-link", &json!({ "email": address }))).await.expect(202);
        let token = mailbox.token(&address, "/sign-in-link").await;
        let signed_in = send(second.post("/auth/sign-in-with-link", &json!({ "token": token }))).await.expect(200);
        send(first.get("/users/me", &signed_in.access_token())).await.expect(200);

        send(first.post("/auth/forgot-password", &json!({ "email": address }))).await.expect(202);
        let token = mailbox.token(&address, "/reset-password").await;
        let reset = json!({ "token": token, "password": second_password });
        send(second.post("/auth/reset-password", &reset)).await.expect(204);

        let fields = [("email", address.as_str()), ("password", "mistaken pass"), ("_back", "/login")];
        let form = first.request(Method::POST, "/auth/login").form(&fields).header("accept", "text/html");
        let posted = send(form.header("sec-fetch-site", "same-origin")).await.expect(303);
        let page = send(second.page("/login", &posted.session())).await.expect(200);
        assert!(page.text.contains(&format!(r#"value="{address}""#)), "the outcome of the form is lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_limits_count_the_same_on_both_instances() {
    let pair = Pair::start().await;
    let (ahead, behind) = (&pair.ahead.caller, &pair.behind.caller);
    let [_ann]: [User; 1] = ahead.signed_in(&pair.world, ["ann"]).await;
    let wrong = json!({ "email": email("ann"), "password": "mistaken pass" });
    let guess = async |caller: &Caller| send(caller.post("/auth/login", &wrong)).await;
    for _ in 0..5 {
        for caller in [ahead, behind] {
            guess(caller).await.expect_error(401, "INVALID_CREDENTIALS");
        }
    }
    for caller in [ahead, behind] {
        let rejected = guess(caller).await;
        rejected.expect_error(429, "RATE_LIMITED");
        let wait: i64 = rejected.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait} s");
    }
}
