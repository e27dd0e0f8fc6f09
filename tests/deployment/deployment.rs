//! Two instances of the service on one database, behind nginx.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::configuration::free_address;
use crate::nginx::Nginx;
use crate::support::app::{KEY, PASSWORD};
use crate::support::database::TestDatabase;
use crate::support::outbox::wait_until;
use crate::support::process::{Process, kith};
use crate::support::response::TestResponse;

/// A `kith serve` process that keeps its address when it is started again.
pub struct Instance {
    pub address: String,
    database_url: String,
    pub process: Process,
}

impl Instance {
    /// Starts it, and waits until it is healthy.
    pub async fn start(database_url: &str) -> Self {
        let address = free_address();
        let process = Process::start(serve(database_url, &address));
        let instance = Self { address, database_url: database_url.to_owned(), process };
        instance.wait_until_healthy().await;
        instance
    }

    /// Starts it again after it has exited.
    pub async fn start_again(&mut self) {
        self.process = Process::start(serve(&self.database_url, &self.address));
        self.wait_until_healthy().await;
    }

    /// Starts another version of it, with the files in `site`, after it has exited.
    pub async fn start_with_site(&mut self, site: &Path) {
        let mut command = serve(&self.database_url, &self.address);
        command.env("LEPTOS_SITE_ROOT", site);
        self.process = Process::start(command);
        self.wait_until_healthy().await;
    }

    /// The URL of `path` on the instance itself.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn wait_until_healthy(&self) {
        let url = self.url("/health");
        wait_until("health", async || reqwest::get(&url).await.is_ok_and(|response| response.status() == 200)).await;
    }

    /// Returns the log line of the next request from `client`.
    pub fn request_log(&mut self, client: &str) -> Value {
        loop {
            let line: Value = serde_json::from_str(&self.process.line("\"answered\"")).expect("JSON");
            if line["span"]["client"] == client {
                return line;
            }
        }
    }
}

fn serve(database_url: &str, address: &str) -> Command {
    let mut command = kith(&["serve"]);
    command.env("DATABASE_URL", database_url).env("JWT_PRIVATE_KEY", KEY.as_str()).env("EMAIL_API_KEY", "none");
    // Tokens contain it, so all instances need the same one.
    command.env("PUBLIC_URL", "https://kith.example");
    command.env("LISTEN_ADDR", address).env("TRUSTED_PROXIES", "127.0.0.1").env("BCRYPT_COST", "4");
    command
}

/// A client with the source address 127.0.0.`last`: all of 127.0.0.0/8 is loopback.
pub fn client_at(last: u8) -> Client {
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    let client = Client::builder().local_address(address).no_proxy().timeout(Duration::from_secs(20));
    client.build().expect("a client")
}

pub struct Deployment {
    pub nginx: Nginx,
    pub instances: [Instance; 2],
    database: TestDatabase,
}

impl Deployment {
    pub async fn start() -> Self {
        let database = TestDatabase::create().await;
        let instances = tokio::join!(Instance::start(&database.url), Instance::start(&database.url));
        let instances: [Instance; 2] = instances.into();
        let nginx = Nginx::start([&instances[0].address, &instances[1].address]);
        let deployment = Self { nginx, instances, database };
        let client = client_at(1);
        wait_until("nginx", async || client.get(deployment.url("/health")).send().await.is_ok()).await;
        deployment
    }

    /// The URL of `path` behind nginx.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.nginx.address)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        client_at(1).request(method, self.url(path))
    }

    /// Registers and verifies `name` and signs in; returns the user's id and an access token.
    pub async fn register_and_sign_in(&self, name: &str) -> (String, String) {
        let email = format!("{name}@example.org");
        let account = json!({ "email": email, "username": name, "password": PASSWORD });
        let user =
            TestResponse::of(self.request(Method::POST, "/auth/register").json(&account)).await.expect(201).json();
        sqlx::query("UPDATE users.users SET email_verified = true").execute(&self.database.pool).await.unwrap();
        let response = TestResponse::of(self.request(Method::POST, "/auth/login").json(&account)).await.expect(200);
        (user["id"].as_str().expect("an id").to_owned(), response.access_token())
    }
}
