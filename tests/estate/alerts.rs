//! A real fault calls whoever is on call: USER-INFRA-001.4-S2, from the service to the webhook.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::routing::post;
use axum::{Json, Router};
use kith::server::postgres::Cluster;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::configuration::{adapted, free_address};
use crate::estate::{Instance, client_at};
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

async fn visit(url: String) {
    let client = client_at(1);
    loop {
        let _ = client.get(&url).send().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn user_infra_001_4_s2_a_database_that_stops_calls_whoever_is_on_call() {
    let database = tokio::task::spawn_blocking(|| Cluster::throw_away().unwrap()).await.unwrap();
    let instances = tokio::join!(Instance::start(database.url()), Instance::start(database.url()));
    let instances: [Instance; 2] = instances.into();
    let (url, mut calls) = on_call().await;
    let watch = Watch::start([&instances[0].address, &instances[1].address], &url);

    let mut people = JoinSet::new();
    for instance in &instances {
        // Without the database each waits for five seconds.
        for _ in 0..10 {
            people.spawn(visit(format!("http://{}/profiles/nobody", instance.address)));
        }
    }
    until("both are watched", async || watch.query("up{job=\"kith\"} == 1").await.len() == 2).await;
    let traffic = "sum(rate(http_requests_total{job=\"kith\",route=\"/profiles/{username}\",status=\"404\"}[15s])) > 0";
    until("their requests are counted", async || watch.query(traffic).await.len() == 1).await;
    assert!(calls.try_recv().is_err(), "nobody is called for nothing");

    tokio::task::spawn_blocking(move || drop(database)).await.unwrap();
    let call = tokio::time::timeout(Duration::from_secs(60), calls.recv()).await.expect("a call").unwrap();
    people.shutdown().await;
    assert_eq!((&call["receiver"], &call["status"]), (&"on-call".into(), &"firing".into()), "{call}");
    let alert = &call["alerts"][0];
    assert_eq!(alert["labels"]["alertname"], "KithErrorRate", "{call}");
    assert_eq!(alert["labels"]["severity"], "page");
    assert_eq!(alert["annotations"]["runbook_url"], "docs/runbooks/error-rate.md");
    assert!(alert["annotations"]["summary"].as_str().unwrap().ends_with("of the requests to Kith end in a 5xx"));
}
