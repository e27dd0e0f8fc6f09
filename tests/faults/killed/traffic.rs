//! Clients that go on while the service is killed and restarted: they repeat a request until it is answered.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fastrand::Rng;
use reqwest::RequestBuilder;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::service::Caller;
use crate::support::response::TestResponse;

/// How long a client tries before it gives up.
const GIVE_UP: Duration = Duration::from_mins(3);

/// What all clients share.
pub struct Traffic {
    pub caller: Caller,
    pub pool: PgPool,
    /// Whether the service is there. Clients wait for it.
    pub is_up: watch::Sender<bool>,
    /// Ends the clients after their current request.
    pub stop: CancellationToken,
    seed: u64,
    /// How many requests of each kind were cut off.
    interrupted: Mutex<BTreeMap<&'static str, u32>>,
}

/// A request was cut off, or the service is not there or is busy.
pub struct Unanswered {
    may_be_done: bool,
}

/// A response, and whether earlier attempts were cut off, so that the request may have been done twice.
pub struct Answer {
    pub response: TestResponse,
    pub repeated: bool,
}

impl Traffic {
    pub fn new(caller: Caller, pool: PgPool, seed: u64) -> Self {
        Self {
            caller,
            pool,
            is_up: watch::Sender::new(true),
            stop: CancellationToken::new(),
            seed,
            interrupted: Mutex::default(),
        }
    }

    /// The random numbers of one client.
    pub fn random(&self, client: u64) -> Rng {
        Rng::with_seed(self.seed.wrapping_add(client))
    }

    pub fn goes_on(&self) -> bool {
        !self.stop.is_cancelled()
    }

    pub fn interrupted(&self) -> BTreeMap<&'static str, u32> {
        self.interrupted.lock().unwrap().clone()
    }

    pub async fn wait_until_up(&self) {
        self.is_up.subscribe().wait_for(|is_up| *is_up).await.unwrap();
        // The service needs the processor, too.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    /// Sends a request once, when the service is there.
    pub async fn attempt(&self, kind: &'static str, request: RequestBuilder) -> Result<TestResponse, Unanswered> {
        self.wait_until_up().await;
        let complete = async {
            let response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Ok::<_, reqwest::Error>(TestResponse { status, headers, text: response.text().await? })
        };
        let may_be_done = match complete.await {
            Ok(response) if response.status != 503 => return Ok(response),
            Ok(_) => true,
            Err(error) if error.is_connect() => false,
            Err(error) => {
                assert!(!error.is_timeout(), "{kind}: {error}");
                *self.interrupted.lock().unwrap().entry(kind).or_default() += 1;
                true
            }
        };
        Err(Unanswered { may_be_done })
    }

    /// Sends a request until it is answered.
    pub async fn send(&self, kind: &'static str, request: impl Fn() -> RequestBuilder) -> Answer {
        let (started, mut repeated) = (Instant::now(), false);
        loop {
            match self.attempt(kind, request()).await {
                Ok(response) => return Answer { response, repeated },
                Err(Unanswered { may_be_done }) => repeated |= may_be_done,
            }
            assert!(started.elapsed() < GIVE_UP, "{kind}: no answer");
        }
    }
}

impl Answer {
    /// Panics unless the request was done: now, or by an earlier attempt, which shows in the status `before`.
    #[track_caller]
    pub fn expect(self, now: u16, before: u16) -> TestResponse {
        let Self { response, repeated } = self;
        let done = response.status == now || (repeated && response.status == before);
        assert!(done, "{} after repetition: {repeated}: {}", response.status, response.text);
        response
    }
}
