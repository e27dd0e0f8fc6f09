//! A real outage or attack pages the engineer on call, from the service to the webhook: USER-INFRA-001.4-S2, 002.4-S1.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::routing::post;
use axum::{Json, Router};
use kith::cli::dev::postgres::Cluster;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::configuration::{adapted, free_address};
use crate::deployment::{Instance, client_at};
use crate::support::database::TestDatabase;
use crate::support::outbox::wait_until;
use crate::support::process::Process;

/// Starts the on-call webhook; returns its URL and the notifications that it receives.
async fn on_call_webhook() -> (String, mpsc::UnboundedReceiver<Value>) {
    let (sender, notifications) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route(
        "/",
        post(async move |Json(notification): Json<Value>| {
            let _ = sender.send(notification);
        }),
    );
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, notifications)
}

/// Prometheus and Alertmanager with the files in deploy/. Minutes are shortened to seconds.
struct Monitoring {
    prometheus: String,
    _processes: [Process; 2],
    _dir: TempDir,
}

impl Monitoring {
    fn start(instances: [&str; 2], webhook: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (prometheus, alertmanager) = (free_address(), free_address());
        let write = |name: &str, text: String| fs::write(dir.path().join(name), text).unwrap();
        write(
            "prometheus.yml",
            adapted(
                "prometheus/prometheus.yml",
                &[
                    // Without its database, an instance takes a second to respond to a scrape.
                    ("scrape_interval: 15s", "scrape_interval: 3s"),
                    ("evaluation_interval: 15s", "evaluation_interval: 1s"),
                    ("kith-1:3000", instances[0]),
                    ("kith-2:3000", instances[1]),
                    ("localhost:9090", &prometheus),
                    ("alertmanager:9093", &alertmanager),
                ],
            ),
        );
        write("rules.yml", adapted("prometheus/rules.yml", &[("[1m]", "[15s]"), ("for: 5m", "for: 5s")]));
        write(
            "alertmanager.yml",
            adapted(
                "alertmanager/alertmanager.yml",
                &[
                    ("url_file: /run/secrets/on-call/url", &format!("url: {webhook}")),
                    ("group_wait: 30s", "group_wait: 1s"),
                ],
            ),
        );
        let start = |program: &str, arguments: &[String]| {
            let mut command = Command::new(program);
            command.args(arguments).arg("--log.level=error").current_dir(dir.path()).stdin(Stdio::null());
            Process::start(command)
        };
        let processes = [
            start(
                "prometheus",
                &[
                    "--config.file=prometheus.yml".to_owned(),
                    "--storage.tsdb.path=tsdb".to_owned(),
                    format!("--web.listen-address={prometheus}"),
                ],
            ),
            start(
                "prometheus-alertmanager",
                &[
                    "--config.file=alertmanager.yml".to_owned(),
                    "--storage.path=alerts".to_owned(),
                    "--cluster.listen-address=".to_owned(),
                    format!("--web.listen-address={alertmanager}"),
                ],
            ),
        ];
        Self { prometheus, _processes: processes, _dir: dir }
    }

    /// Returns the values of a `PromQL` expression.
    async fn query(&self, expression: &str) -> Vec<String> {
        let url =
            url::Url::parse_with_params(&format!("http://{}/api/v1/query", self.prometheus), [("query", expression)]);
        // Until Prometheus is ready, it returns an error or does not respond.
        let Ok(response) = client_at(1).get(url.unwrap()).send().await else { return Vec::new() };
        let body: Value = response.json().await.unwrap_or_default();
        let series = body["data"]["result"].as_array().cloned().unwrap_or_default();
        series.iter().map(|series| series["value"][1].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Two monitored instances with visitors. Their traffic alone triggers no alert.
struct MonitoredInstances {
    instances: [Instance; 2],
    clients: JoinSet<()>,
    notifications: mpsc::UnboundedReceiver<Value>,
    _monitoring: Monitoring,
}

impl MonitoredInstances {
    /// Starts two instances with `visitors` visitors each, and checks that no alert fires.
    async fn start(database_url: &str, visitors: usize) -> Self {
        let instances = tokio::join!(Instance::start(database_url), Instance::start(database_url));
        let instances: [Instance; 2] = instances.into();
        let (url, mut notifications) = on_call_webhook().await;
        let monitoring = Monitoring::start([&instances[0].address, &instances[1].address], &url);
        let mut clients = JoinSet::new();
        for instance in &instances {
            for _ in 0..visitors {
                clients.spawn(visit(instance.url("/profiles/unknown")));
            }
        }
        wait_until("a scrape of both instances", async || monitoring.query("up{job=\"kith\"} == 1").await.len() == 2)
            .await;
        let visits = "http_requests_total{job=\"kith\",route=\"/profiles/{username}\",status=\"404\"}";
        let visits = format!("sum(rate({visits}[15s])) > 0");
        wait_until("a count of the visits", async || monitoring.query(&visits).await.len() == 1).await;
        assert!(notifications.try_recv().is_err(), "an alert fired without a cause");
        Self { instances, clients, notifications, _monitoring: monitoring }
    }

    /// Waits for a page about the alert `name`, checks that it is complete, and returns its summary.
    async fn expect_page(mut self, name: &str, runbook: &str) -> String {
        let received = tokio::time::timeout(Duration::from_secs(90), self.notifications.recv()).await;
        let page = received.expect("a page within 90 s").unwrap();
        self.clients.shutdown().await;
        assert_eq!((&page["receiver"], &page["status"]), (&"on-call".into(), &"firing".into()), "{page}");
        let alert = &page["alerts"][0];
        assert_eq!(alert["labels"]["alertname"], name, "{page}");
        assert_eq!(alert["labels"]["severity"], "page");
        assert_eq!(alert["annotations"]["runbook_url"], runbook);
        alert["annotations"]["summary"].as_str().unwrap().to_owned()
    }
}

async fn visit(url: String) {
    let client = client_at(1);
    loop {
        let _ = client.get(&url).send().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// Password spraying: tries one password on one account after another.
async fn spray(url: String) {
    let client = client_at(2);
    loop {
        let attempt = json!({ "email": format!("{}@example.org", Uuid::now_v7()), "password": "123456" });
        let _ = client.post(&url).json(&attempt).send().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn user_infra_001_4_s2_a_database_outage_pages_the_engineer_on_call() {
    let database = tokio::task::spawn_blocking(|| Cluster::temporary().unwrap()).await.unwrap();
    // Many visitors, because each request will wait five seconds for the database.
    let monitored = MonitoredInstances::start(database.url(), 10).await;
    tokio::task::spawn_blocking(move || drop(database)).await.unwrap();
    let summary = monitored.expect_page("KithErrorRate", "docs/runbooks/error-rate.md").await;
    assert!(summary.ends_with("of requests fail with a 5xx"), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn user_infra_002_4_s1_password_spraying_pages_the_engineer_on_call() {
    let database = TestDatabase::create().await;
    let mut monitored = MonitoredInstances::start(&database.url, 1).await;
    for instance in monitored.instances.iter().cycle().take(6) {
        monitored.clients.spawn(spray(instance.url("/auth/login")));
    }
    let summary = monitored.expect_page("KithSignInRefused", "docs/runbooks/sign-in-refused.md").await;
    assert!(summary.ends_with("of requests are sign-ins rejected with 401"), "{summary}");
}
