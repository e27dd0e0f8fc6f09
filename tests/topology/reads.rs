//! Reads from replicas: they may be a moment old, but never miss a write of their caller.

use std::time::{Duration, Instant};

use futures::future::join_all;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Method;
use serde_json::json;

use crate::replicas::Replicated;
use crate::service::{Api, User};
use crate::support::app::PASSWORD;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;

/// How a caller returns the position of its last write.
#[derive(Clone, Copy)]
enum Returns {
    Header,
    Cookie,
    Nothing,
}

/// Returns the biography of `user` as the caller of `write` reads it.
async fn bio(service: &Api, user: &User, write: &TestResponse, returns: Returns) -> String {
    let request = service.request(Method::GET, "/users/me").bearer_auth(&user.token);
    let request = match returns {
        Returns::Header => request.header("kith-position", write.header("kith-position")),
        Returns::Cookie => request.header("cookie", write.cookie("__Host-position").stripped().to_string()),
        Returns::Nothing => request,
    };
    TestResponse::of(request).await.expect(200).json()["bio"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_read_their_own_writes_10000_times_under_load() {
    let replicated = Replicated::start().await;
    let service = &replicated.service;
    let names = ["ann", "ben", "cat", "dan", "eve", "fay", "gus", "hal"];
    replicated.register(&names).await;
    let before = service.reads("replica").await;
    let clients = names.iter().enumerate().map(async |(index, name)| {
        let user = service.login(name).await;
        let returns = if index % 2 == 0 { Returns::Header } else { Returns::Cookie };
        let mut stale = 0;
        for number in 0..1250 {
            let written = service.patch(&user, &number.to_string()).await.expect(200);
            stale += u32::from(bio(service, &user, &written, returns).await != number.to_string());
        }
        stale
    });
    let stale: u32 = join_all(clients).await.into_iter().sum();
    let from_replicas = service.reads("replica").await - before;
    println!("{stale} of 10,000 reads were stale, {from_replicas} were served by replicas");
    assert_eq!(stale, 0);
    assert!(from_replicas > 100, "{from_replicas}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_behind_a_write_does_not_serve_its_caller_and_one_that_lags_serves_no_one() {
    let replicated = Replicated::start().await;
    let service = &replicated.service;
    replicated.register(&["ann"]).await;
    let ann = service.login("ann").await;
    let old = service.patch(&ann, "old").await.expect(200);
    wait_until("the replicas have it", async || bio(service, &ann, &old, Returns::Nothing).await == "old").await;
    replicated.set_replay(false).await;
    let new = service.patch(&ann, "new").await.expect(200);
    for returns in [Returns::Header, Returns::Cookie] {
        assert_eq!(bio(service, &ann, &new, returns).await, "new");
    }
    // What the test relies on: the replicas do not have it.
    assert_eq!(bio(service, &ann, &new, Returns::Nothing).await, "old");
    // What is not a position, as from a hostile client, leads to the primary.
    let forged = service.request(Method::GET, "/users/me").bearer_auth(&ann.token).header("kith-position", "nonsense");
    assert_eq!(TestResponse::of(forged).await.expect(200).json()["bio"], "new");
    // They are more than five seconds behind.
    wait_until("they are left out", async || bio(service, &ann, &new, Returns::Nothing).await == "new").await;
    // An instance that starts now does not use them either.
    let another = replicated.start_another().await;
    for _ in 0..50 {
        assert_eq!(bio(&another, &ann, &new, Returns::Nothing).await, "new");
    }
    replicated.set_replay(true).await;
    replicated.wait_until_replicas_serve().await;
    assert_eq!(bio(service, &ann, &new, Returns::Nothing).await, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_credentials_and_limits_do_not_wait_for_replicas() {
    let replicated = Replicated::start().await;
    let service = &replicated.service;
    replicated.register(&["ann"]).await;
    let ann = service.login("ann").await;
    replicated.set_replay(false).await;
    // A sign-in that the replicas have never seen works at once.
    let elsewhere = service.login("ann").await;
    let settings = async |user: &User| {
        let page =
            service.request(Method::GET, "/settings").header("accept", "text/html").header("cookie", &user.cookie);
        TestResponse::of(page).await.status
    };
    assert_eq!((settings(&ann).await, settings(&elsewhere).await), (200, 200));
    let change = json!({ "current_password": PASSWORD, "password": "another horse battery" });
    let request = service.request(Method::PUT, "/users/me/password").bearer_auth(&ann.token).json(&change);
    TestResponse::of(request).await.expect(200);
    // The other session has ended, without the position of the change.
    assert_eq!(settings(&elsewhere).await, 303);
    let old = json!({ "email": "ann@example.org", "password": PASSWORD });
    service.post("/auth/login", &old).await.expect_error(401, "INVALID_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_hangs_or_dies_costs_no_request_and_is_used_again_when_it_is_back() {
    let mut replicated = Replicated::start().await;
    replicated.register(&["ann"]).await;
    let read_all = async |replicated: &Replicated| {
        let started = Instant::now();
        for _ in 0..20 {
            replicated.service.get("/profiles/ann").await.expect(200);
        }
        // Each of a few reads may have waited for a replica for a second.
        assert!(started.elapsed() < Duration::from_secs(15));
    };
    for index in 0..2 {
        replicated.replicas[index].kill();
        read_all(&replicated).await;
    }
    let [one, two] = &replicated.replicas;
    let is_any_used = async || replicated.is_used(one).await || replicated.is_used(two).await;
    wait_until("the metrics say so", async || !is_any_used().await).await;
    let before = replicated.service.reads("replica").await;
    read_all(&replicated).await;
    assert_eq!(replicated.service.reads("replica").await, before);
    for index in 0..2 {
        replicated.replicas[index].start_again().await;
    }
    let [one, two] = &replicated.replicas;
    let are_both_used = async || replicated.is_used(one).await && replicated.is_used(two).await;
    wait_until("both are used again", are_both_used).await;
    for replica in &replicated.replicas {
        let query = "SELECT coalesce(array_agg(pid), '{}') FROM pg_stat_activity
                     WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
        for pid in replica.value::<Vec<i32>>(query).await {
            kill(Pid::from_raw(pid), Signal::SIGSTOP).unwrap();
        }
    }
    read_all(&replicated).await;
}
