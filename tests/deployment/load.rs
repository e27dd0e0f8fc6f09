//! Requests without pause, and what became of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Request;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::deployment::client_at;
use crate::support::outbox::until;

/// Where the requests come from: nothing else in the tests does.
pub const CLIENT: &str = "127.0.0.9";

/// Runs until it is stopped.
pub struct Load {
    stop: CancellationToken,
    answered: Arc<AtomicUsize>,
    clients: JoinSet<Vec<String>>,
}

impl Load {
    /// As many clients as `clients`, each of which sends `request` again when it has its answer.
    pub fn start(clients: usize, request: &Request) -> Self {
        let mut load = Self { stop: CancellationToken::new(), answered: Arc::default(), clients: JoinSet::new() };
        for _ in 0..clients {
            let request = request.try_clone().expect("a request without a stream");
            load.clients.spawn(repeat(request, load.stop.clone(), Arc::clone(&load.answered)));
        }
        load
    }

    /// Waits until so many more requests are answered.
    pub async fn more(&self, count: usize) {
        let enough = self.answered() + count;
        // However slow the machine is, as long as it goes on.
        while self.answered() < enough {
            let before = self.answered();
            until("the next answer", async || self.answered() > before).await;
        }
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// What was not answered as it should have been.
    pub async fn failures(self) -> Vec<String> {
        self.stop.cancel();
        self.clients.join_all().await.concat()
    }
}

async fn repeat(request: Request, stop: CancellationToken, answered: Arc<AtomicUsize>) -> Vec<String> {
    let client = client_at(9);
    let mut failures = Vec::new();
    while !stop.is_cancelled() {
        let failure = match client.execute(request.try_clone().expect("a request without a stream")).await {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(format!("{error:?}")),
        };
        if let Some(failure) = failure {
            failures.push(format!("{} {failure}", request.method()));
            // A process that is being killed still lets people in for as long as the kernel takes to
            // close its files, connections first.
            tokio::time::sleep(Duration::from_secs(1)).await;
        } else {
            answered.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    failures
}
