//! One instance goes, and nobody notices.

use std::fs;

use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::json;

use crate::deployment::Deployment;
use crate::load::{self, Load};
use crate::support::response::TestResponse;

/// Reads by four clients, and changes, which are not sent again, by one.
struct Loads {
    reads: Load,
    changes: Load,
}

impl Loads {
    async fn start(deployment: &Deployment) -> Self {
        let (_, token) = deployment.signed_in("ann").await;
        let read = deployment.request(Method::GET, "/users/me").bearer_auth(&token).build().unwrap();
        let change = deployment.request(Method::PATCH, "/users/me").bearer_auth(&token).json(&json!({ "bio": "here" }));
        let loads = Self { reads: Load::start(4, &read), changes: Load::start(1, &change.build().unwrap()) };
        loads.more().await;
        loads
    }

    async fn more(&self) {
        tokio::join!(self.reads.more(200), self.changes.more(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_killed_takes_no_request_with_it_but_the_one_under_way() {
    let mut deployment = Deployment::start().await;
    let loads = Loads::start(&deployment).await;
    let instance = &mut deployment.instances[0];
    instance.process.signal(Signal::SIGKILL);
    assert_eq!(instance.process.exit_code(), None);
    loads.more().await;
    // And it is used again once it is back.
    instance.start_again().await;
    instance.answered(load::CLIENT);
    loads.more().await;
    assert_eq!(loads.reads.failures().await, [""; 0]);
    // The client that changes has one request under way at a time.
    let changes = loads.changes.failures().await;
    assert!(changes.len() <= 1, "{changes:?}");
}

/// It still accepts connections, as the kernel does for it, and answers nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_hangs_is_left_alone_after_a_few_seconds() {
    let mut deployment = Deployment::start().await;
    let loads = Loads::start(&deployment).await;
    deployment.instances[0].process.signal(Signal::SIGSTOP);
    // Reads that wait for it go on to the other; from then on nothing waits.
    loads.more().await;
    loads.more().await;
    assert_eq!(loads.reads.failures().await, [""; 0]);
    // A change might have been carried out, so it is not sent again, until the instance is left alone.
    let changes = loads.changes.failures().await;
    assert!(
        changes.len() <= 4 && changes.iter().all(|failure| failure == "PATCH 503 Service Unavailable"),
        "{changes:?}"
    );
    deployment.instances[0].process.signal(Signal::SIGCONT);
    deployment.instances[0].answered("127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_no_request() {
    let mut deployment = Deployment::start().await;
    let loads = Loads::start(&deployment).await;
    for instance in &mut deployment.instances {
        instance.process.signal(Signal::SIGTERM);
        assert_eq!(instance.process.exit_code(), Some(0));
        loads.more().await;
        instance.start_again().await;
    }
    assert_eq!(loads.reads.failures().await, [""; 0]);
    assert_eq!(loads.changes.failures().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_deploy_is_under_way_the_files_of_both_versions_are_there() {
    let mut deployment = Deployment::start().await;
    let mut sites = Vec::new();
    for (instance, file) in deployment.instances.iter_mut().zip(["kith.before.js", "kith.after.js"]) {
        let site = tempfile::tempdir().unwrap();
        fs::create_dir(site.path().join("pkg")).unwrap();
        fs::write(site.path().join("pkg").join(file), file).unwrap();
        instance.process.signal(Signal::SIGTERM);
        assert_eq!(instance.process.exit_code(), Some(0));
        instance.start_with_site(site.path()).await;
        sites.push(site);
    }
    // Each instance gets every second request.
    for file in ["kith.before.js", "kith.after.js"].repeat(4) {
        let answer = TestResponse::of(deployment.request(Method::GET, &format!("/pkg/{file}"))).await.expect(200);
        assert_eq!(answer.text, file);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    }
    TestResponse::of(deployment.request(Method::GET, "/pkg/kith.never.js")).await.expect_error(404, "NOT_FOUND");
}
