//! What rules and dashboard ask for is what the service serves.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::configuration::adapted;
use crate::deployment::{Deployment, client_at};
use crate::support::response::TestResponse;

/// The metrics of the service in an expression: each is asked for by its job.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    expression.match_indices("{job=\"kith\"").map(|(end, _)| {
        let before = &expression[..end];
        let begin = before.rfind(|letter: char| !letter.is_ascii_lowercase() && letter != '_').map_or(0, |at| at + 1);
        &before[begin..]
    })
}

#[tokio::test]
async fn every_metric_in_rules_and_dashboard_is_served() {
    let deployment = Deployment::start().await;
    deployment.signed_in("ann").await;
    let sign_in =
        deployment.request(Method::POST, "/auth/login").json(&json!({ "email": "a@example.org", "password": "x" }));
    TestResponse::of(sign_in).await.expect(401);
    let mut served = String::new();
    for instance in &deployment.instances {
        let answer = TestResponse::of(client_at(1).get(instance.url("/metrics"))).await.expect(200);
        served.push_str(&answer.text);
    }

    let dashboard: Value = serde_json::from_str(&adapted("grafana/dashboards/kith.json", &[])).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut asked: Vec<_> = targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    asked.push(adapted("prometheus/rules.yml", &[]));

    let wanted: BTreeSet<_> = asked.iter().flat_map(|expression| names(expression)).collect();
    assert!(wanted.len() > 12, "{wanted:?}");
    for name in wanted {
        // Prometheus itself says what is up.
        assert!(
            name == "up" || served.contains(&format!("\n{name}{{")) || served.contains(&format!("\n{name} ")),
            "{name}"
        );
    }
}
