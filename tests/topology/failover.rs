//! A failover: the primary is killed, and its standby takes over behind the same address.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::address::Address;
use crate::node::{Node, url};
use crate::service::{Api, Service};
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;

/// Registers users until it is stopped. Returns the names whose registration was acknowledged, and all other statuses.
async fn register_until(service: &Api, stop: &AtomicBool, client: usize) -> (Vec<String>, Vec<TestResponse>) {
    let (mut acknowledged, mut failures) = (Vec::new(), Vec::new());
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("c{client}n{number}");
        let response = service.register(&name).await;
        if response.status == 201 { acknowledged.push(name) } else { failures.push(response) }
    }
    (acknowledged, failures)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_primary_loses_no_acknowledged_write_and_the_service_recovers_within_two_seconds() {
    let mut primary = Node::primary().await;
    let standby = primary.standby("standby", "").await;
    primary.run(&["ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()"]).await;
    let address = Address::start(primary.port).await;
    let service = Service::start(&[("DATABASE_URL", &url(address.port))]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|client| {
            let (service, stop) = (Api::clone(&service), Arc::clone(&stop));
            tokio::spawn(async move { register_until(&service, &stop, client).await })
        })
        .collect();
    let users = "SELECT count(*) FROM users.users";
    wait_until("some are registered", async || standby.value::<i64>(users).await > 200).await;

    primary.kill();
    wait_until("it is not ready", async || service.get("/readyz").await.status == 503).await;
    let rejected = service.register("early").await;
    rejected.expect_error(503, "OVERLOADED");
    assert_eq!(rejected.header("retry-after"), "5");
    service.get("/livez").await.expect(200);

    // The address moves before the standby is promoted.
    address.lead_to(standby.port);
    wait_until("it is read-only", async || service.get("/readyz").await.json()["status"] == "database read-only").await;
    service.register("read.only").await.expect_error(503, "OVERLOADED");
    service.get("/profiles/c0n0").await.expect(200);

    standby.promote().await;
    let promoted = Instant::now();
    wait_until("a write succeeds", async || service.register("first").await.status == 201).await;
    let written = promoted.elapsed();
    wait_until("it is ready", async || service.get("/readyz").await.status == 200).await;
    println!("the first write succeeded after {written:?}, ready after {:?}", promoted.elapsed());
    assert!(promoted.elapsed() < Duration::from_secs(2), "{:?}", promoted.elapsed());

    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for client in clients {
        let (names, failures) = client.await.unwrap();
        acknowledged.extend(names);
        for failure in failures {
            // A repeated request may find that the first attempt had succeeded.
            failure.expect_error(503, "OVERLOADED");
        }
    }
    let stored: Vec<String> = standby.value("SELECT array_agg(username::text) FROM users.users").await;
    let stored: std::collections::HashSet<_> = stored.into_iter().collect();
    let lost: Vec<_> = acknowledged.iter().filter(|name| !stored.contains(*name)).collect();
    println!("{} of {} acknowledged registrations were lost", lost.len(), acknowledged.len());
    assert!(lost.is_empty(), "{lost:?}");
}
