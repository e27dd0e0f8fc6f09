//! Failover: clients do not notice the loss of one instance.

use std::fs;

use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::json;

use crate::deployment::Deployment;
use crate::load::{self, Load};
use crate::support::response::TestResponse;

/// Reads by four clients, and writes, which nginx does not retry, by one.
struct Traffic {
    reads: Load,
    writes: Load,
}

impl Traffic {
    async fn start(deployment: &Deployment) -> Self {
        let (_, token) = deployment.register_and_sign_in("ann").await;
        let read = deployment.request(Method::GET, "/users/me").bearer_auth(&token).build().unwrap();
        let write = deployment.request(Method::PATCH, "/users/me").bearer_auth(&token).json(&json!({ "bio": "here" }));
        let traffic = Self { reads: Load::start(4, &read), writes: Load::start(1, &write.build().unwrap()) };
        traffic.wait_for_responses().await;
        traffic
    }

    async fn wait_for_responses(&self) {
        tokio::join!(self.reads.wait_for_responses(200), self.writes.wait_for_responses(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_an_instance_loses_at_most_the_write_in_flight() {
    let mut deployment = Deployment::start().await;
    let traffic = Traffic::start(&deployment).await;
    let instance = &mut deployment.instances[0];
    instance.process.signal(Signal::SIGKILL);
    assert_eq!(instance.process.exit_code(), None);
    traffic.wait_for_responses().await;
    // It receives requests again once it is back.
    instance.start_again().await;
    instance.request_log(load::CLIENT);
    traffic.wait_for_responses().await;
    assert_eq!(traffic.reads.failures().await, [""; 0]);
    // The writing client has one request in flight at a time.
    let failures = traffic.writes.failures().await;
    assert!(failures.len() <= 1, "{failures:?}");
}

/// The kernel still accepts connections for it, but it does not respond.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_hangs_receives_no_requests_after_a_few_seconds() {
    let mut deployment = Deployment::start().await;
    let traffic = Traffic::start(&deployment).await;
    deployment.instances[0].process.signal(Signal::SIGSTOP);
    // Reads that wait for it are passed to the other instance. After that, nothing waits.
    traffic.wait_for_responses().await;
    traffic.wait_for_responses().await;
    assert_eq!(traffic.reads.failures().await, [""; 0]);
    // A write might have been carried out, so it is not retried. Writes fail until nginx skips the instance.
    let failures = traffic.writes.failures().await;
    assert!(
        failures.len() <= 4 && failures.iter().all(|failure| failure == "PATCH 503 Service Unavailable"),
        "{failures:?}"
    );
    deployment.instances[0].process.signal(Signal::SIGCONT);
    deployment.instances[0].request_log("127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_no_request() {
    let mut deployment = Deployment::start().await;
    let traffic = Traffic::start(&deployment).await;
    for instance in &mut deployment.instances {
        instance.process.signal(Signal::SIGTERM);
        assert_eq!(instance.process.exit_code(), Some(0));
        traffic.wait_for_responses().await;
        instance.start_again().await;
    }
    assert_eq!(traffic.reads.failures().await, [""; 0]);
    assert_eq!(traffic.writes.failures().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_both_versions_are_available_during_a_deployment() {
    let mut deployment = Deployment::start().await;
    let mut sites = Vec::new();
    let versions = ["kith.before-7gHofEtB7s7AJqX.js", "kith.after-7gHofEtB7s7AJqX0.js"];
    for (instance, file) in deployment.instances.iter_mut().zip(versions) {
        let site = tempfile::tempdir().unwrap();
        fs::create_dir(site.path().join("pkg")).unwrap();
        fs::write(site.path().join("pkg").join(file), file).unwrap();
        instance.process.signal(Signal::SIGTERM);
        assert_eq!(instance.process.exit_code(), Some(0));
        instance.start_with_site(site.path()).await;
        sites.push(site);
    }
    // nginx alternates between the instances, so each file is also requested from the instance without it.
    for file in versions.into_iter().flat_map(|file| [file; 4]) {
        let response = TestResponse::of(deployment.request(Method::GET, &format!("/pkg/{file}"))).await.expect(200);
        assert_eq!(response.text, file);
        assert_eq!(response.header("cache-control"), "public, max-age=31536000, immutable");
    }
    TestResponse::of(deployment.request(Method::GET, "/pkg/kith.never.js")).await.expect_error(404, "NOT_FOUND");
}
