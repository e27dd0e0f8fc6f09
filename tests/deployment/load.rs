//! Sends requests continuously and records the failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Request;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::deployment::client_at;
use crate::support::outbox::wait_until;

/// The source address of these requests. No other client in the tests uses it.
pub const CLIENT: &str = "127.0.0.9";

/// Clients that send requests until stopped.
pub struct Load {
    stop: CancellationToken,
    succeeded: Arc<AtomicUsize>,
    clients: JoinSet<Vec<String>>,
}

impl Load {
    /// Starts `clients` clients. Each sends `request` again as soon as it has a response.
    pub fn start(clients: usize, request: &Request) -> Self {
        let mut load = Self { stop: CancellationToken::new(), succeeded: Arc::default(), clients: JoinSet::new() };
        for _ in 0..clients {
            let request = request.try_clone().expect("a request without a stream");
            load.clients.spawn(repeat(request, load.stop.clone(), Arc::clone(&load.succeeded)));
        }
        load
    }

    /// Waits for `count` more successful responses.
    pub async fn wait_for_responses(&self, count: usize) {
        let target = self.succeeded() + count;
        // The timeout applies to each response, so that a slow machine passes.
        while self.succeeded() < target {
            let before = self.succeeded();
            wait_until("the next response", async || self.succeeded() > before).await;
        }
    }

    fn succeeded(&self) -> usize {
        self.succeeded.load(Ordering::Relaxed)
    }

    /// Stops the clients; returns the method of each failed request and its status or error.
    pub async fn failures(self) -> Vec<String> {
        self.stop.cancel();
        self.clients.join_all().await.concat()
    }
}

async fn repeat(request: Request, stop: CancellationToken, succeeded: Arc<AtomicUsize>) -> Vec<String> {
    let client = client_at(9);
    let mut failures = Vec::new();
    while !stop.is_cancelled() {
        let failure = match client.execute(request.try_clone().expect("a request without a stream")).await {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(response.status().to_string()),
            Err(error) => Some(format!("{error:?}")),
        };
        if let Some(failure) = failure {
            failures.push(format!("{} {failure}", request.method()));
            // While a process is being killed, connections are still accepted until the kernel has closed all
            // its files, open connections first.
            tokio::time::sleep(Duration::from_secs(1)).await;
        } else {
            succeeded.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    failures
}
