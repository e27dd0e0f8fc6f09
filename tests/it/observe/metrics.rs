//! `GET /metrics` of a separate process: USER-INFRA-001.4, USER-INFRA-002.4, USER-INFRA-004.4.

use reqwest::{Client, Method};
use serde_json::json;

use crate::support::database::{self, TestDatabase};
use crate::support::process::{Process, free_address, serve, wait_until_healthy};

struct Service {
    origin: String,
    client: Client,
    database: TestDatabase,
    _process: Process,
}

impl Service {
    async fn start() -> Self {
        let (database, address) = (TestDatabase::create().await, free_address());
        let mut command = serve(&database, &address);
        command.env("BCRYPT_COST", "4");
        let process = Process::start(command);
        wait_until_healthy(&address).await;
        Self { origin: format!("http://{address}"), client: Client::new(), database, _process: process }
    }

    async fn send(&self, method: Method, path: &str, body: serde_json::Value) -> u16 {
        let request = self.client.request(method, format!("{}{path}", self.origin)).json(&body);
        request.send().await.unwrap().status().as_u16()
    }

    async fn metrics(&self) -> String {
        let response = self.client.get(format!("{}/metrics", self.origin)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        response.text().await.unwrap()
    }
}

/// The value of the series with these labels, in any order.
fn value(metrics: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let line = metrics.lines().find(|line| {
        let Some(rest) = line.strip_prefix(name) else { return false };
        (rest.starts_with('{') || rest.starts_with(' ')) && labels.iter().all(|label| rest.contains(label))
    })?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn requests_and_outcomes_are_counted_by_route_and_status() {
    let service = Service::start().await;
    let ann = json!({ "email": "ann@example.org", "username": "ann", "password": "correct horse battery" });
    assert_eq!(service.send(Method::POST, "/auth/register", ann.clone()).await, 201);
    assert_eq!(service.send(Method::POST, "/auth/register", ann.clone()).await, 409);
    assert_eq!(service.send(Method::POST, "/auth/login", ann).await, 403);
    let wrong = json!({ "email": "ann@example.org", "password": "mistaken" });
    assert_eq!(service.send(Method::POST, "/auth/login", wrong).await, 401);
    let unknown = json!({ "email": "unknown@example.org", "password": "mistaken" });
    assert_eq!(service.send(Method::POST, "/auth/login", unknown).await, 401);
    assert_eq!(service.send(Method::POST, "/users/0190163d-8694-739b-aea5-966c26f8ad91/follow", json!({})).await, 401);

    let metrics = service.metrics().await;
    let requests = |method: &str, route: &str, status: u16| {
        let (method, route) = (format!("method=\"{method}\""), format!("route=\"{route}\""));
        value(&metrics, "http_requests_total", &[&method, &route, &format!("status=\"{status}\"")])
    };
    assert_eq!(requests("POST", "/auth/register", 201), Some(1.0));
    assert_eq!(requests("POST", "/auth/register", 409), Some(1.0));
    assert_eq!(requests("POST", "/auth/login", 401), Some(2.0));
    assert_eq!(requests("POST", "/auth/login", 403), Some(1.0));
    assert_eq!(requests("POST", "/users/{id}/follow", 401), Some(1.0));
    let login = ["method=\"POST\"", "route=\"/auth/login\""];
    assert_eq!(value(&metrics, "http_request_duration_seconds_count", &login), Some(3.0));
    for (name, outcome, count) in [
        ("registration_total", "registered", 1.0),
        ("registration_total", "email_taken", 1.0),
        ("sign_in_total", "not_verified", 1.0),
        ("sign_in_total", "wrong_password", 1.0),
        ("sign_in_total", "unknown_email", 1.0),
        ("refresh_total", "reused", 0.0),
        ("email_sent_total", "dead", 0.0),
    ] {
        assert_eq!(value(&metrics, name, &[&format!("outcome=\"{outcome}\"")]), Some(count), "{name} {outcome}");
    }
    assert_eq!(value(&metrics, "email_outbox_pending", &[]), Some(1.0), "mail waits while no provider is set");
    assert!(value(&metrics, "email_outbox_oldest_age_seconds", &[]).is_some_and(|age| age > 0.0));
    assert_eq!(value(&metrics, "email_outbox_dead", &[]), Some(0.0));
    assert_eq!(value(&metrics, "avatar_removals_stuck", &[]), Some(0.0));
    assert_eq!(value(&metrics, "password_hash_queue", &[]), Some(0.0));
    assert!(value(&metrics, "password_hash_duration_seconds_count", &[]).is_some_and(|count| count >= 4.0));
    assert_eq!(value(&metrics, "db_pool_max_connections", &[]), Some(20.0));
    assert!(value(&metrics, "db_pool_connections", &["state=\"idle\""]).is_some_and(|count| count > 0.0));
    assert!(value(&metrics, "process_resident_memory_bytes", &[]).is_some_and(|bytes| bytes > 1e6));
    let version = concat!("version=\"", env!("CARGO_PKG_VERSION"), "\"");
    assert_eq!(value(&metrics, "kith_build_info", &[version]), Some(1.0));
    assert!(!metrics.contains("example.org"), "{metrics}");
}

#[tokio::test]
async fn stuck_picture_removals_are_counted_and_pending_ones_are_not() {
    let service = Service::start().await;
    sqlx::query(
        "INSERT INTO users.avatar_removals (name, due_at, attempts) VALUES
             ('upload under way', now() + interval '10 minutes', 0), ('failed once', now() + interval '1 minute', 1),
             ('leased', now() + interval '1 minute', 4), ('failing', now() + interval '5 minutes', 5),
             ('failing for long', now() + interval '5 minutes', 500)",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    assert_eq!(value(&service.metrics().await, "avatar_removals_stuck", &[]), Some(2.0));
}

#[tokio::test]
async fn clients_cannot_create_series() {
    let service = Service::start().await;
    let series = async || service.metrics().await.lines().filter(|line| line.contains("route=")).count();
    let invent = async |n: usize| {
        for path in [format!("/made/up/{n}"), format!("/users/{n}/follow"), format!("/avatars/{n}/{n}/{n}")] {
            service.send(Method::POST, &path, json!({})).await;
            let method = Method::from_bytes(format!("FOO{n}").as_bytes()).unwrap();
            service.send(method, &path, json!({})).await;
        }
    };
    series().await;
    invent(0).await;
    let before = series().await;
    for n in 1..20 {
        invent(n).await;
    }
    assert_eq!(series().await, before);
}

#[tokio::test]
async fn metrics_are_available_while_the_database_is_down() {
    let service = Service::start().await;
    let name = service.database.url.rsplit('/').next().unwrap();
    let mut server = database::connect().await;
    for statement in [
        format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"),
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut server).await.unwrap();
    }
    assert_eq!(service.send(Method::GET, "/health", json!({})).await, 503);
    let metrics = service.metrics().await;
    assert_eq!(value(&metrics, "http_requests_total", &["route=\"/health\"", "status=\"503\""]), Some(1.0));
}

#[tokio::test]
async fn rendering_a_page_leaks_no_memory() {
    let service = Service::start().await;
    let open = async |pages: u32| {
        for _ in 0..pages {
            let page = service.client.get(format!("{}/login", service.origin)).header("accept", "text/html");
            assert_eq!(page.send().await.unwrap().status(), 200);
        }
        value(&service.metrics().await, "process_resident_memory_bytes", &[]).unwrap()
    };
    // One-time allocations, and memory that the allocator keeps.
    let before = open(300).await;
    let growth = open(1_500).await - before;
    assert!(growth < 8e6, "{growth} bytes for 1,500 pages");
}
