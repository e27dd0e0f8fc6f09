//! Tests whether the time of a response tells someone who is blocked from someone who asks for no one. Pairs of a
//! request for a user who blocks the caller and the same request for a user who does not exist are sent to the release
//! build in random order. As a control, 2 ms are added for the second, which must be detected.
//!
//! `make bench BENCH=blocked_timing ARGS=2000`: pairs.

mod support;

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{Client, Method};
use serde_json::Value;
use support::pairs::{measure_pairs, report};
use support::{Service, email, numbers};
use uuid::Uuid;

/// The largest allowed difference in ms.
const BOUND: f64 = 0.2;

/// The requests, with the places of the ID and the username, and the status of both.
const REQUESTS: [(Method, &str, u16); 6] = [
    (Method::GET, "/users/{id}", 404),
    (Method::GET, "/profiles/{username}", 404),
    (Method::GET, "/users/{id}/followers", 404),
    (Method::GET, "/users/me/relationships?ids={id}", 200),
    (Method::GET, "/users/typeahead?q={username}", 200),
    (Method::POST, "/users/{id}/follow", 404),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let [pairs] = numbers([2000]);
    let service = Service::start(4).await?;
    let client = Client::new();
    service.populate(&client, 2).await?;
    let (viewer, blocker) = (service.token(&client, &email(0)).await?, service.token(&client, &email(1)).await?);
    let id = async |token: &str| -> anyhow::Result<String> {
        let me = client.get(format!("{}/users/me", service.origin)).bearer_auth(token).send().await?;
        let me: Value = me.error_for_status()?.json().await?;
        Ok(me["id"].as_str().context("no id")?.to_owned())
    };
    let (viewer_id, blocker_id) = (id(&viewer).await?, id(&blocker).await?);
    let block = client.post(format!("{}/users/{viewer_id}/block", service.origin)).bearer_auth(&blocker);
    block.send().await?.error_for_status()?;
    let ask = async |method: &Method, path: &str, id: &str, username: &str, expected: u16| -> anyhow::Result<()> {
        let url = service.origin.clone() + &path.replace("{id}", id).replace("{username}", username);
        let response = client.request(method.clone(), url).bearer_auth(&viewer).send().await?;
        let status = response.status();
        response.bytes().await?;
        anyhow::ensure!(status == expected, "{path}: status {status}");
        Ok(())
    };
    println!("a user who blocks the caller minus no one, in ms");
    for (method, path, status) in &REQUESTS {
        let blocked = async |_| ask(method, path, &blocker_id, "person1", *status).await;
        let missing =
            async |n: u32| ask(method, path, &Uuid::now_v7().to_string(), &format!("absent{n}"), *status).await;
        measure_pairs(50, Duration::ZERO, blocked, missing).await?;
        if *path == REQUESTS[0].1 {
            let delayed = async |n: u32| {
                missing(n).await?;
                tokio::time::sleep(Duration::from_millis(2)).await;
                Ok(())
            };
            report("control, 2 ms added", &measure_pairs(pairs, Duration::ZERO, blocked, delayed).await?, BOUND);
        }
        let measured = measure_pairs(pairs, Duration::ZERO, blocked, missing).await?;
        report(&format!("{method} {path}, {pairs} pairs"), &measured, BOUND);
    }
    Ok(())
}
