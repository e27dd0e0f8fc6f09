//! What visitors do: every kind of read and change, and every kind of mistake.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use fastrand::Rng;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use sqlx::PgPool;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::service::{Caller, email};
use crate::support::response::TestResponse;

/// The users of the database.
pub struct Targets {
    ids: Vec<Uuid>,
    names: Vec<String>,
}

impl Targets {
    pub async fn read(pool: &PgPool) -> Self {
        let users: Vec<(Uuid, String)> =
            sqlx::query_as("SELECT id, username FROM users.users ORDER BY id").fetch_all(pool).await.unwrap();
        let (ids, names) = users.into_iter().unzip();
        Self { ids, names }
    }
}

/// The response of an instance that has too much to do, for example because other programs use the machine.
const BUSY: u16 = 503;

/// Returns the response, which must have this status, or `None` if the instance is busy.
async fn settle(request: RequestBuilder, status: u16) -> Option<TestResponse> {
    let response = TestResponse::of(request).await;
    if response.status == BUSY { None } else { Some(response.expect(status)) }
}

/// What all visitors have done.
#[derive(Default)]
pub struct Counters {
    requests: AtomicU64,
    /// Lookups of a user, and the time that they took in µs.
    lookups: AtomicU64,
    waited: AtomicU64,
}

impl Counters {
    pub fn read(&self) -> (u64, u64, u64) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (read(&self.requests), read(&self.lookups), read(&self.waited))
    }
}

/// A user who does one thing after another.
pub struct Visitor {
    address: String,
    caller: Caller,
    targets: Arc<Targets>,
    random: Rng,
    number: usize,
    name: String,
    /// The latest sign-in.
    login: TestResponse,
    /// The live refresh token.
    refresh_token: String,
    registered: u32,
}

impl Visitor {
    pub async fn new(address: &str, targets: Arc<Targets>, number: usize) -> Self {
        let caller = Caller::new(address);
        // Each is another user, after those with names of their own.
        let name = targets.names[100 + number].clone();
        let login = TestResponse::of(caller.login(&name)).await.expect(200);
        let (random, refresh_token) = (Rng::with_seed(number as u64), login.refresh_token());
        let address = address.to_owned();
        Self { address, caller, targets, random, number, name, login, refresh_token, registered: 0 }
    }

    /// Does one thing, and checks the response.
    pub async fn step(&mut self, counters: &Counters) {
        match self.random.u32(..100) {
            0..30 => self.look_up(counters).await,
            30..55 => {
                let (request, status) = self.read();
                settle(request, status).await;
            }
            55..65 => {
                let (request, status) = self.page();
                settle(request, status).await;
            }
            65..75 => self.change().await,
            75..80 => self.refresh().await,
            80..82 => self.sign_in().await,
            82..84 => self.register().await,
            84..97 => {
                let (request, status) = self.mistake();
                settle(request, status).await;
            }
            97..98 => self.post_form().await,
            _ => self.disconnect().await,
        }
        counters.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn someone(&mut self) -> Uuid {
        self.targets.ids[self.random.usize(..self.targets.ids.len())]
    }

    fn profile(&mut self) -> String {
        format!("/profile/{}", self.targets.names[self.random.usize(..self.targets.names.len())])
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.caller.request(Method::GET, path)
    }

    fn with_token(&self, method: Method, path: &str) -> RequestBuilder {
        self.caller.request(method, path).bearer_auth(self.login.access_token())
    }

    async fn look_up(&mut self, counters: &Counters) {
        let path = format!("/users/{}", self.someone());
        let started = Instant::now();
        settle(self.get(&path), 200).await;
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap();
        counters.waited.fetch_add(micros, Ordering::Relaxed);
        counters.lookups.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&mut self) -> (RequestBuilder, u16) {
        let (one, other) = (self.someone(), self.someone());
        let request = match self.random.u32(..8) {
            0 => self.with_token(Method::GET, "/users/me"),
            1 => self.with_token(Method::GET, &format!("/users/{one}/followers?page=1&page_size=20")),
            2 => self.with_token(Method::GET, &format!("/users/{one}/followees?page_size=100")),
            3 => self.get(&format!("/users?ids={one},{other}")),
            4 => self.get("/.well-known/jwks.json"),
            5 => self.get("/metrics"),
            6 => self.get("/health"),
            _ => self.get("/openapi.json"),
        };
        (request, 200)
    }

    fn page(&mut self) -> (RequestBuilder, u16) {
        let profile = self.profile();
        let session = self.login.session();
        let request = match self.random.u32(..8) {
            0 => self.caller.page("/", ""),
            1 => self.caller.page("/login", ""),
            2 => self.caller.page("/register", ""),
            3 => self.caller.page(&profile, ""),
            4 => self.caller.page(&profile, &session),
            5 => self.caller.page(&format!("{profile}/followers"), &session),
            6 => self.caller.page("/settings", &session),
            _ => self.caller.page("/timeline", &session),
        };
        (request, 200)
    }

    async fn change(&mut self) {
        let path = format!("/users/{}/follow", self.someone());
        match self.random.u32(..3) {
            0 => {
                let bio = "x".repeat(self.random.usize(..300));
                let request = self.with_token(Method::PATCH, "/users/me").json(&json!({ "bio": bio }));
                settle(request, 200).await;
            }
            1 => {
                let status = TestResponse::of(self.with_token(Method::POST, &path)).await.status;
                assert!(matches!(status, 200 | 201 | 422 | BUSY), "{status}");
            }
            _ => {
                settle(self.with_token(Method::DELETE, &path), 204).await;
            }
        }
    }

    async fn refresh(&mut self) {
        if let Some(response) = settle(self.caller.refresh(&self.refresh_token), 200).await {
            self.refresh_token = response.refresh_token();
        } else {
            // It may have been exchanged, and would count as stolen later.
            self.sign_in().await;
        }
    }

    /// Signs in in another browser.
    async fn sign_in(&mut self) {
        if let Some(login) = settle(self.caller.login(&self.name), 200).await {
            self.refresh_token = login.refresh_token();
            self.login = login;
        }
    }

    async fn register(&mut self) {
        self.registered += 1;
        let name = format!("new{}x{}", self.number, self.registered);
        settle(self.caller.register(&name), 201).await;
    }

    fn mistake(&mut self) -> (RequestBuilder, u16) {
        let unknown = Uuid::now_v7();
        let post = |path: &str| self.caller.request(Method::POST, path);
        let json =
            |request: RequestBuilder, body: &'static str| request.header("content-type", "application/json").body(body);
        match self.random.u32(..14) {
            0 => (self.get(&format!("/users/{unknown}")), 404),
            1 => (self.get("/users/unknown"), 404),
            2 => (self.get("/users/me"), 401),
            3 => (self.get("/users/me").bearer_auth("x.y.z"), 401),
            4 => (self.with_token(Method::POST, &format!("/users/{unknown}/follow")), 404),
            5 => (self.with_token(Method::PATCH, "/users/me").json(&json!({ "display_name": "x".repeat(101) })), 422),
            6 => (json(post("/auth/login"), "{"), 400),
            7 => (self.caller.request(Method::DELETE, "/auth/login"), 405),
            8 => (post("/auth/login").json(&json!({ "email": email(&self.name), "password": "wrong password" })), 401),
            9 => (self.caller.refresh("unknown"), 401),
            10 => (self.caller.register(&self.name), 409),
            11 => (post("/auth/register").json(&json!({ "email": "x", "username": "", "password": "x" })), 422),
            12 => (self.caller.page("/nowhere", ""), 404),
            _ => (json(post("/auth/login"), "[]").header("sec-fetch-site", "cross-site"), 403),
        }
    }

    /// Signs in with a wrong password on a page without JavaScript, and looks at the outcome.
    async fn post_form(&mut self) {
        let fields = [("email", email(&self.name)), ("password", "wrong password".to_owned())];
        let form = self.caller.request(Method::POST, "/auth/login").header("accept", "text/html").form(&fields);
        if let Some(outcome) = settle(form, 303).await {
            settle(self.caller.page("/login", &outcome.session()), 200).await;
        }
    }

    /// Leaves in the middle of a request, or before the response.
    async fn disconnect(&mut self) {
        let request = format!("POST /auth/login HTTP/1.1\r\nhost: {}\r\ncontent-length: 2\r\n\r\n{{}}", self.address);
        let sent = self.random.usize(1..=request.len());
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(&request.as_bytes()[..sent]).await.unwrap();
    }
}
