//! Shared by the benchmarks of the whole service: the release binary on a real PostgreSQL, and users.
#![allow(dead_code, reason = "each benchmark uses a part")]

pub mod crate_rate;
pub mod pairs;
pub mod processes;
pub mod stats;

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use kith::base::database::pool::Pool;
use kith::cli::dev::seed::{self, Plan};
use kith::server::config::signing_key;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use sqlx::PgPool;

pub const PASSWORD: &str = "correct horse battery";

/// `kith serve` without rate limits, on the database at `DATABASE_URL`. It is killed when dropped.
pub struct Service {
    pub origin: String,
    pub pool: PgPool,
    pub child: Child,
}

impl Service {
    pub async fn start(cost: u32) -> anyhow::Result<Self> {
        let database = std::env::var("DATABASE_URL").context("run benchmarks with `make bench`")?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(env!("CARGO_BIN_EXE_kith"))
            .arg("serve")
            .env("DATABASE_URL", &database)
            .env("JWT_PRIVATE_KEY", signing_key::generate()?)
            .env("EMAIL_API_KEY", "none")
            .env("LISTEN_ADDR", address.to_string())
            .env("BCRYPT_COST", cost.to_string())
            .env("RATE_LIMITS", "off")
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .spawn()?;
        let service = Self { origin: format!("http://{address}"), pool: PgPool::connect_lazy(&database)?, child };
        for _ in 0..200 {
            if reqwest::get(format!("{}/health", service.origin)).await.is_ok_and(|response| response.status() == 200) {
                return Ok(service);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the service did not start")
    }

    /// Replaces all users by `users` new ones with verified emails, `person0@example.org` and so on.
    pub async fn populate(&self, client: &Client, users: usize) -> anyhow::Result<()> {
        sqlx::query("DELETE FROM users.users").execute(&self.pool).await?;
        for n in 0..users {
            let body = json!({ "email": email(n), "username": format!("person{n}"), "password": PASSWORD });
            let response = client.post(format!("{}/auth/register", self.origin)).json(&body).send().await?;
            anyhow::ensure!(response.status() == 201, "registration: {}", response.text().await?);
        }
        sqlx::query("UPDATE users.users SET email_verified = true").execute(&self.pool).await?;
        Ok(())
    }

    /// Tries to sign in; returns the status after reading the whole response.
    pub async fn sign_in(&self, client: &Client, email: &str, password: &str) -> anyhow::Result<u16> {
        let response = self.login(client, email, password).await?;
        let status = response.status().as_u16();
        response.bytes().await?;
        Ok(status)
    }

    /// Signs in; returns the access token.
    pub async fn token(&self, client: &Client, email: &str) -> anyhow::Result<String> {
        let response: Value = self.login(client, email, PASSWORD).await?.error_for_status()?.json().await?;
        Ok(response["access_token"].as_str().context("no access token")?.to_owned())
    }

    async fn login(&self, client: &Client, email: &str, password: &str) -> reqwest::Result<Response> {
        let body = json!({ "email": email, "password": password });
        client.post(format!("{}/auth/login", self.origin)).json(&body).send().await
    }
}

pub fn email(n: usize) -> String {
    format!("person{n}@example.org")
}

/// The numbers on the command line, or the defaults. Other arguments come from `cargo bench` and are ignored.
pub fn numbers<const N: usize>(defaults: [u32; N]) -> [u32; N] {
    let mut given = std::env::args().filter_map(|argument| argument.parse().ok());
    defaults.map(|default| given.next().unwrap_or(default))
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Connects to the database at `DATABASE_URL`, and fills it first if it is empty.
pub async fn seeded(users: u32, follows: u32) -> anyhow::Result<Pool> {
    let url = std::env::var("DATABASE_URL").context("run benchmarks with `make bench`")?;
    let pool = Pool::from(PgPool::connect(&url).await?);
    let existing: Option<String> =
        sqlx::query_scalar("SELECT to_regclass('users.users')::text").fetch_one(&pool).await?;
    if existing.is_none() {
        seed::run(&url.parse()?, Plan { users, follows, seed: 1 }).await?;
    }
    Ok(pool)
}
