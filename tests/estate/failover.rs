//! One instance goes, and nobody notices.

use nix::sys::signal::Signal;
use reqwest::Method;

use crate::estate::Estate;
use crate::load::{self, Load};

/// Reads by four clients, and follows, which are POST, by one.
struct Loads {
    reads: Load,
    follows: Load,
}

impl Loads {
    async fn start(estate: &Estate) -> Self {
        let (_, token) = estate.signed_in("ann").await;
        let (followee, _) = estate.signed_in("bob").await;
        let read = estate.request(Method::GET, "/users/me").bearer_auth(&token).build().unwrap();
        let follow = estate.request(Method::POST, &format!("/users/{followee}/follow")).bearer_auth(&token);
        let loads = Self { reads: Load::start(4, &read), follows: Load::start(1, &follow.build().unwrap()) };
        loads.more().await;
        loads
    }

    async fn more(&self) {
        tokio::join!(self.reads.more(200), self.follows.more(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_killed_takes_no_request_with_it_but_the_one_under_way() {
    let mut estate = Estate::start().await;
    let loads = Loads::start(&estate).await;
    let instance = &mut estate.instances[0];
    instance.process.signal(Signal::SIGKILL);
    assert_eq!(instance.process.exit_code(), None);
    loads.more().await;
    // And it is used again once it is back.
    instance.start_again().await;
    instance.answered(load::CLIENT);
    loads.more().await;
    assert_eq!(loads.reads.failures().await, [""; 0]);
    // The client of the follows has one request under way at a time.
    let follows = loads.follows.failures().await;
    assert!(follows.len() <= 1, "{follows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_no_request() {
    let mut estate = Estate::start().await;
    let loads = Loads::start(&estate).await;
    for instance in &mut estate.instances {
        instance.process.signal(Signal::SIGTERM);
        assert_eq!(instance.process.exit_code(), Some(0));
        loads.more().await;
        instance.start_again().await;
    }
    assert_eq!(loads.reads.failures().await, [""; 0]);
    assert_eq!(loads.follows.failures().await, [""; 0]);
}
