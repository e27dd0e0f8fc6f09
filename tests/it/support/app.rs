//! The service under test and its HTTP client.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use kith::model::email::Email;
use kith::server::config::Settings;
use kith::server::config::signing_key;
use kith::server::run::housekeeping::{SweepOutcome, sweep};
use kith::server::run::serve;
use reqwest::{Method, RequestBuilder, redirect};
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::database::{TestDatabase, settle_follows};
use super::mail::{API_KEY, Mailbox};
use super::outbox::wait_until;
use super::response::TestResponse;

/// The password of every test user.
pub const PASSWORD: &str = "correct horse battery";

pub static KEY: LazyLock<String> = LazyLock::new(|| signing_key::generate().expect("a key"));

/// The email address of `name`.
pub fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.org")).expect("an address")
}

/// A running service with its own database. It stops when dropped.
pub struct TestApp {
    pub origin: String,
    pub pool: PgPool,
    pub mailbox: Mailbox,
    client: reqwest::Client,
    /// The folder of the picture store.
    pub dir: TempDir,
    shutdown: CancellationToken,
    database: Arc<TestDatabase>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts the service with additional environment variables.
    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        let database = TestDatabase::create().await;
        // This lease blocks the sweep on startup, which would otherwise run at any moment of a test.
        let lease = "INSERT INTO users.leases VALUES ('housekeeping', gen_random_uuid(), 'infinity')";
        sqlx::query(lease).execute(&database.pool).await.expect("a lease");
        Self::start_on(Arc::new(database), variables).await
    }

    /// Starts the service on a database with this ICU locale.
    pub async fn start_with_locale(locale: &str) -> Self {
        Self::start_on(Arc::new(TestDatabase::create_with_locale(locale).await), &[]).await
    }

    /// Starts another instance on the database of `other`.
    pub async fn start_another(other: &Self, variables: &[(&str, &str)]) -> Self {
        Self::start_on(other.database.clone(), variables).await
    }

    /// Starts the service on a database that exists.
    pub async fn start_on(database: Arc<TestDatabase>, variables: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mailbox = Mailbox::start().await;
        let listener = serve::bind("127.0.0.1:0".parse().expect("an address")).await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let lookup = |name: &str| {
            if let Some((_, value)) = variables.iter().find(|(variable, _)| *variable == name) {
                return Some((*value).to_owned());
            }
            Some(match name {
                "DATABASE_URL" => database.url.clone(),
                "JWT_PRIVATE_KEY" => KEY.clone(),
                "EMAIL_API_KEY" => API_KEY.to_owned(),
                "EMAIL_PROVIDER_URL" => mailbox.url.clone(),
                "AVATAR_STORE_URL" => format!("file://{}/", dir.path().display()),
                "PUBLIC_URL" => origin.clone(),
                "BCRYPT_COST" => "4".to_owned(),
                _ => return None,
            })
        };
        let settings = Settings::from_lookup(lookup).expect("valid settings");
        let shutdown = CancellationToken::new();
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let running = serve::run(settings, listener, shutdown.clone(), || ready.send(()).expect("a waiting receiver"));
        tokio::spawn(async move { running.await.expect("a clean shutdown") });
        is_ready.await.expect("the service starts");
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
        let pool = database.pool.clone();
        Self { origin, pool, mailbox, client, dir, shutdown, database }
    }

    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    /// Starts building a request to `path`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.origin)).timeout(Duration::from_secs(20))
    }

    pub async fn get(&self, path: &str) -> TestResponse {
        TestResponse::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> TestResponse {
        TestResponse::of(self.request(Method::POST, path).json(&body)).await
    }

    /// Submits a form as a browser does without JavaScript.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)], cookie: &str) -> TestResponse {
        let request = self.request(Method::POST, path).form(fields).header("accept", "text/html,*/*;q=0.8");
        TestResponse::of(request.header("sec-fetch-site", "same-origin").header("cookie", cookie)).await
    }

    /// Requests a page as a browser does.
    pub async fn page(&self, path: &str, cookie: &str) -> TestResponse {
        let request = self.request(Method::GET, path).header("accept", "text/html").header("cookie", cookie);
        TestResponse::of(request).await
    }

    /// Registers `name` with an address at example.org.
    pub async fn register(&self, name: &str) -> TestResponse {
        let body = json!({ "email": format!("{name}@example.org"), "username": name, "password": PASSWORD });
        self.post("/auth/register", body).await
    }

    /// Registers `name`, marks the address as verified, and signs in.
    pub async fn signed_in(&self, name: &str) -> TestResponse {
        self.register(name).await.expect(201);
        self.verify(name).await;
        self.login(name).await.expect(200)
    }

    /// Marks the address of `name` as verified.
    pub async fn verify(&self, name: &str) {
        let done = sqlx::query("UPDATE users.users SET email_verified = true WHERE username = $1").bind(name);
        assert_eq!(done.execute(&self.pool).await.expect("an update").rows_affected(), 1);
    }

    pub async fn login(&self, name: &str) -> TestResponse {
        self.post("/auth/login", json!({ "email": format!("{name}@example.org"), "password": PASSWORD })).await
    }

    /// Signs in with any address and password.
    pub async fn login_as(&self, email: &str, password: &str) -> TestResponse {
        self.post("/auth/login", json!({ "email": email, "password": password })).await
    }

    /// Rotates a refresh token.
    pub async fn refresh(&self, token: &str) -> TestResponse {
        let request = self.request(Method::POST, "/auth/refresh").header("cookie", format!("refresh_token={token}"));
        TestResponse::of(request).await
    }

    /// Sends `GET /users/me` with a Bearer token.
    pub async fn me(&self, token: &str) -> TestResponse {
        TestResponse::of(self.request(Method::GET, "/users/me").bearer_auth(token)).await
    }

    /// Waits for the background work of the responses so far. Tasks start in order, four at a time, so earlier tasks
    /// have started, and normally finished, once four later ones are done.
    pub async fn wait_for_background_work(&self) {
        for name in ["one", "two", "three", "four"].map(|name| format!("{name}{}", fastrand::u32(..))) {
            self.register(&name).await.expect(201);
            self.mailbox.wait_for(&name, 1).await;
            self.verify(&name).await;
            self.post("/auth/sign-in-link", json!({ "email": email(&name).as_str() })).await.expect(202);
            self.mailbox.wait_for(&name, 2).await;
        }
    }

    /// Waits until all mail that the responses so far asked for is sent.
    pub async fn wait_until_all_sent(&self) {
        self.wait_for_background_work().await;
        wait_until("every mail is sent", async || self.count("email_outbox").await == 0).await;
    }

    /// Makes all one-time tokens `minutes` older.
    pub async fn age_tokens(&self, minutes: i32) {
        sqlx::query(
            "UPDATE users.one_time_tokens SET created_at = earlier(created_at, make_interval(mins => $1)),
                    expires_at = earlier(expires_at, make_interval(mins => $1))",
        )
        .bind(minutes)
        .execute(&self.pool)
        .await
        .expect("older tokens");
    }

    /// Runs the sweep that an instance runs every hour.
    pub async fn sweep(&self) {
        let lease = "DELETE FROM users.leases WHERE expires_at = 'infinity'";
        sqlx::query(lease).execute(&self.pool).await.expect("no lease");
        let shutdown = CancellationToken::new();
        wait_until("a sweep", async || {
            sweep(&self.pool.clone().into(), 7, &shutdown).await.expect("a sweep") == SweepOutcome::Completed
        })
        .await;
    }

    /// See [`settle_follows`].
    pub async fn settle_follows(&self) {
        settle_follows(&self.pool).await;
    }

    pub async fn run(&self, statements: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&self.pool).await.expect("no error");
    }

    pub async fn count(&self, table: &str) -> i64 {
        let statement = format!("SELECT count(*) FROM users.{table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&self.pool).await.expect("a count")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
