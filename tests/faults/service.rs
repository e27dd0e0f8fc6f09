//! Instances in processes of their own, with a database, a mail provider and a picture folder that outlive them.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::app::PASSWORD;
use crate::support::database::TestDatabase;
use crate::support::mail::{API_KEY, Mailbox};
use crate::support::outbox::wait_until;
use crate::support::process::{Process, serve};
use crate::support::response::TestResponse;

/// What instances share.
pub struct World {
    pub database: TestDatabase,
    pub mailbox: Mailbox,
    /// The folder of the picture store.
    pub store: TempDir,
}

impl World {
    pub async fn create() -> Self {
        let store = tempfile::tempdir().unwrap();
        Self { database: TestDatabase::create().await, mailbox: Mailbox::start().await, store }
    }

    /// `kith serve` on `address`. All instances have the same public URL.
    pub fn serve(&self, address: &str) -> Command {
        let mut command = serve(&self.database, address);
        command.env("EMAIL_PROVIDER_URL", &self.mailbox.url).env("EMAIL_API_KEY", API_KEY);
        command.env("AVATAR_STORE_URL", format!("file://{}/", self.store.path().display()));
        command.env("BCRYPT_COST", "4").env("PUBLIC_URL", "http://localhost:3000").env("RUST_LOG", "warn");
        command
    }

    /// The number of rows of a table.
    pub async fn count(&self, table: &str) -> i64 {
        let statement = format!("SELECT count(*) FROM users.{table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&self.database.pool).await.unwrap()
    }

    /// Marks all addresses as verified.
    pub async fn verify_all(&self) {
        let statement = "UPDATE users.users SET email_verified = true WHERE NOT email_verified";
        sqlx::query(statement).execute(&self.database.pool).await.unwrap();
    }
}

/// A local address that outgoing connections do not use, so that its port is still free when an instance restarts.
pub fn lasting_address() -> String {
    TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap().to_string()
}

/// Sends requests to one address.
#[derive(Clone)]
pub struct Caller {
    origin: String,
    client: Client,
}

impl Caller {
    pub fn new(address: &str) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).timeout(Duration::from_secs(20));
        Self { origin: format!("http://{address}"), client: client.build().unwrap() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.origin))
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    pub fn get(&self, path: &str, token: &str) -> RequestBuilder {
        self.request(Method::GET, path).bearer_auth(token)
    }

    pub fn register(&self, name: &str) -> RequestBuilder {
        self.post("/auth/register", &json!({ "email": email(name), "username": name, "password": PASSWORD }))
    }

    pub fn login(&self, name: &str) -> RequestBuilder {
        self.post("/auth/login", &json!({ "email": email(name), "password": PASSWORD }))
    }

    pub fn refresh(&self, token: &str) -> RequestBuilder {
        self.request(Method::POST, "/auth/refresh").header("cookie", format!("refresh_token={token}"))
    }

    pub fn upload(&self, token: &str, picture: Vec<u8>) -> RequestBuilder {
        let request = self.request(Method::PUT, "/users/me/avatar").bearer_auth(token);
        request.header("content-type", "image/png").body(picture)
    }

    /// Requests a page as a browser does.
    pub fn page(&self, path: &str, cookie: &str) -> RequestBuilder {
        self.request(Method::GET, path).header("accept", "text/html").header("cookie", cookie)
    }

    /// Registers users, marks their addresses as verified, and signs them in.
    pub async fn signed_in<const N: usize>(&self, world: &World, names: [&str; N]) -> [User; N] {
        for name in names {
            TestResponse::of(self.register(name)).await.expect(201);
        }
        world.verify_all().await;
        let mut users = Vec::new();
        for name in names {
            let login = TestResponse::of(self.login(name)).await.expect(200);
            let me = TestResponse::of(self.get("/users/me", &login.access_token())).await.expect(200);
            users.push(User { id: me.json()["id"].as_str().unwrap().to_owned(), login });
        }
        users.try_into().ok().unwrap()
    }
}

pub fn email(name: &str) -> String {
    format!("{name}@example.org")
}

pub struct User {
    pub id: String,
    pub login: TestResponse,
}

impl User {
    pub fn token(&self) -> String {
        self.login.access_token()
    }
}

/// A running instance. It is killed when dropped.
pub struct Instance {
    pub caller: Caller,
    pub process: Process,
}

impl Instance {
    /// Starts an instance on `address`, and waits until it serves.
    pub async fn start(command: Command, address: &str) -> Self {
        let instance = Self { caller: Caller::new(address), process: Process::start(command) };
        // It accepts connections before it serves them.
        wait_until("the instance is ready", async || {
            let ready = instance.caller.request(Method::GET, "/readyz").send().await;
            ready.is_ok_and(|response| response.status() == 200)
        })
        .await;
        instance
    }
}
