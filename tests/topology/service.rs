//! An instance of the service in its own process.

use std::ops::Deref;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::app::{KEY, PASSWORD};
use crate::support::process::{Process, free_address, kith, wait_until_healthy};
use crate::support::response::TestResponse;

pub struct Service {
    pub process: Process,
    api: Api,
}

/// The routes of an instance.
#[derive(Clone)]
pub struct Api {
    address: String,
    client: Client,
}

impl Deref for Service {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

/// A signed-in user.
#[derive(Clone)]
pub struct User {
    pub id: String,
    pub token: String,
    /// The cookie of the page session.
    pub cookie: String,
}

impl Service {
    /// Starts it with these variables, and waits until it is healthy.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        let service = Self::launch(variables);
        wait_until_healthy(&service.address).await;
        service
    }

    /// Starts it without waiting.
    pub fn launch(variables: &[(&str, &str)]) -> Self {
        let address = free_address();
        let mut command = kith(&["serve"]);
        command.env("JWT_PRIVATE_KEY", KEY.as_str()).env("EMAIL_API_KEY", "none").env("LISTEN_ADDR", &address);
        // Tokens contain it, so all instances need the same one.
        command.env("PUBLIC_URL", "https://kith.example");
        command.env("BCRYPT_COST", "4").env("RATE_LIMITS", "off").envs(variables.iter().copied());
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { process: Process::start(command), api: Api { address, client } }
    }
}

impl Api {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> TestResponse {
        TestResponse::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> TestResponse {
        TestResponse::of(self.request(Method::POST, path).json(body)).await
    }

    pub async fn register(&self, name: &str) -> TestResponse {
        self.post("/auth/register", &account(name)).await
    }

    /// Signs in a user whose address is verified.
    pub async fn login(&self, name: &str) -> User {
        let response = self.post("/auth/login", &account(name)).await.expect(200);
        let (token, cookie) = (response.access_token(), response.session());
        let me = self.request(Method::GET, "/users/me").bearer_auth(&token);
        let me = me.header("kith-position", response.header("kith-position"));
        let id = TestResponse::of(me).await.expect(200).json()["id"].as_str().unwrap().to_owned();
        User { id, token, cookie }
    }

    /// Changes the biography of `user`.
    pub async fn patch(&self, user: &User, bio: &str) -> TestResponse {
        let request = self.request(Method::PATCH, "/users/me").bearer_auth(&user.token);
        TestResponse::of(request.json(&json!({ "bio": bio }))).await
    }

    /// The number of reads that this server has served: `replica` or `primary`.
    pub async fn reads(&self, server: &str) -> u64 {
        let metrics = self.get("/metrics").await.expect(200).text;
        let name = format!(r#"db_reads_total{{server="{server}"}} "#);
        metrics.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |value| value.parse().unwrap())
    }
}

fn account(name: &str) -> Value {
    json!({ "email": format!("{name}@example.org"), "username": name, "password": PASSWORD })
}
