//! A real fault calls whoever is on call, from the service to the webhook: USER-INFRA-001.4-S2, 002.4-S1.

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
use crate::support::outbox::until;
use crate::support::process::Process;

/// Whoever is on call: a webhook that keeps what it is sent.
async fn on_call() -> (String, mpsc::UnboundedReceiver<Value>) {
    let (sender, calls) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route(
        "/",
        post(async move |Json(call): Json<Value>| {
            let _ = sender.send(call);
        }),
    );
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, calls)
}

/// Prometheus and Alertmanager with the files in deploy/, seconds standing for minutes.
struct Watch {
    prometheus: String,
    _processes: [Process; 2],
    _dir: TempDir,
}

impl Watch {
    fn start(instances: [&str; 2], on_call: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (prometheus, alertmanager) = (free_address(), free_address());
        let write = |name: &str, text: String| fs::write(dir.path().join(name), text).unwrap();
        write(
            "prometheus.yml",
            adapted(
                "prometheus/prometheus.yml",
                &[
                    // Without its database an instance needs a second to say how it is.
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
                    ("url_file: /run/secrets/on-call/url", &format!("url: {on_call}")),
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

    /// The values of an expression.
    async fn query(&self, expression: &str) -> Vec<String> {
        let url =
            url::Url::parse_with_params(&format!("http://{}/api/v1/query", self.prometheus), [("query", expression)]);
        // Until it is ready it answers otherwise, or not at all.
        let Ok(answer) = client_at(1).get(url.unwrap()).send().await else { return Vec::new() };
        let answer: Value = answer.json().await.unwrap_or_default();
        let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        series.iter().map(|series| series["value"][1].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Two instances that are watched and used by people; nobody is called for that.
struct Watched {
    instances: [Instance; 2],
    people: JoinSet<()>,
    calls: mpsc::UnboundedReceiver<Value>,
    _watch: Watch,
}

impl Watched {
    /// So many `visitors` for each of the two.
    async fn start(database_url: &str, visitors: usize) -> Self {
        let instances = tokio::join!(Instance::start(database_url), Instance::start(database_url));
        let instances: [Instance; 2] = instances.into();
        let (url, mut calls) = on_call().await;
        let watch = Watch::start([&instances[0].address, &instances[1].address], &url);
        let mut people = JoinSet::new();
        for instance in &instances {
            for _ in 0..visitors {
                people.spawn(visit(instance.url("/profiles/nobody")));
            }
        }
        until("both are watched", async || watch.query("up{job=\"kith\"} == 1").await.len() == 2).await;
        let visits = "http_requests_total{job=\"kith\",route=\"/profiles/{username}\",status=\"404\"}";
        let visits = format!("sum(rate({visits}[15s])) > 0");
        until("their visits are counted", async || watch.query(&visits).await.len() == 1).await;
        assert!(calls.try_recv().is_err(), "nobody is called for nothing");
        Self { instances, people, calls, _watch: watch }
    }

    /// Waits for the call, insists that it is about `name` and complete, and returns its summary.
    async fn call(mut self, name: &str, runbook: &str) -> String {
        let call = tokio::time::timeout(Duration::from_secs(90), self.calls.recv()).await.expect("a call").unwrap();
        self.people.shutdown().await;
        assert_eq!((&call["receiver"], &call["status"]), (&"on-call".into(), &"firing".into()), "{call}");
        let alert = &call["alerts"][0];
        assert_eq!(alert["labels"]["alertname"], name, "{call}");
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

/// Guesses, one account after another.
async fn guess(url: String) {
    let client = client_at(2);
    loop {
        let guess = json!({ "email": format!("{}@example.org", Uuid::now_v7()), "password": "123456" });
        let _ = client.post(&url).json(&guess).send().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn user_infra_001_4_s2_a_database_that_stops_calls_whoever_is_on_call() {
    let database = tokio::task::spawn_blocking(|| Cluster::temporary().unwrap()).await.unwrap();
    // Many, since each will wait for five seconds.
    let watched = Watched::start(database.url(), 10).await;
    tokio::task::spawn_blocking(move || drop(database)).await.unwrap();
    let summary = watched.call("KithErrorRate", "docs/runbooks/error-rate.md").await;
    assert!(summary.ends_with("of the requests to Kith end in a 5xx"), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn user_infra_002_4_s1_guessing_calls_whoever_is_on_call() {
    let database = TestDatabase::create().await;
    let mut watched = Watched::start(&database.url, 1).await;
    for instance in watched.instances.iter().cycle().take(6) {
        watched.people.spawn(guess(instance.url("/auth/login")));
    }
    let summary = watched.call("KithSignInRefused", "docs/runbooks/sign-in-refused.md").await;
    assert!(summary.ends_with("of the requests to Kith are sign-ins refused with 401"), "{summary}");
}
