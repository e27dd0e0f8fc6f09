//! The service exposes every metric that the rules and the dashboard query.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::configuration::adapted;
use crate::deployment::{Deployment, client_at};
use crate::support::response::TestResponse;

/// The service's metrics in an expression, recognized by their `job` label.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    expression.match_indices("{job=\"kith\"").map(|(end, _)| {
        let before = &expression[..end];
        let begin = before.rfind(|letter: char| !letter.is_ascii_lowercase() && letter != '_').map_or(0, |at| at + 1);
        &before[begin..]
    })
}

#[tokio::test]
async fn every_metric_in_the_rules_and_the_dashboard_is_exposed() {
    let deployment = Deployment::start().await;
    deployment.register_and_sign_in("ann").await;
    let sign_in =
        deployment.request(Method::POST, "/auth/login").json(&json!({ "email": "a@example.org", "password": "x" }));
    TestResponse::of(sign_in).await.expect(401);
    let mut exposed = String::new();
    for instance in &deployment.instances {
        let response = TestResponse::of(client_at(1).get(instance.url("/metrics"))).await.expect(200);
        exposed.push_str(&response.text);
    }

    let dashboard: Value = serde_json::from_str(&adapted("grafana/dashboards/kith.json", &[])).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut expressions: Vec<_> = targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    expressions.push(adapted("prometheus/rules.yml", &[]));

    let queried: BTreeSet<_> = expressions.iter().flat_map(|expression| names(expression)).collect();
    assert!(queried.len() > 12, "{queried:?}");
    for name in queried {
        // `up` comes from Prometheus itself, and this deployment has no replicas (`tests/topology`).
        assert!(
            matches!(name, "up" | "db_replica_used")
                || exposed.contains(&format!("\n{name}{{"))
                || exposed.contains(&format!("\n{name} ")),
            "{name}"
        );
    }
}
