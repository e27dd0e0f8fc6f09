//! Assigns the outbox's rows to attempts: how many run at once, when to poll again, how to recover from an outage.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::attempt::{Attempt, Outcome, OutcomeRecorder, Success};
use super::outbox;
use super::outbox::{Claim, Waiting};
use super::transport::{FailureKind, SendError};
use super::worker::Worker;

/// The longest pause that a provider's Retry-After imposes on all mail.
const MAX_PAUSE: Duration = Duration::from_hours(1);
/// Leases are renewed this many times before they would expire.
const RENEWALS: u32 = 4;

pub struct Dispatcher {
    worker: Arc<Worker>,
    shutdown: CancellationToken,
    recorder: OutcomeRecorder,
    attempts: JoinSet<Outcome>,
    claims: HashMap<Id, Claim>,
    /// The last mail that got through.
    success: watch::Sender<Option<Success>>,
    /// When an attempt last started or finished.
    last_activity: Instant,
    /// The provider has requested no mail until this time.
    paused_until: Instant,
}

impl Dispatcher {
    pub fn new(worker: Arc<Worker>, shutdown: CancellationToken) -> Self {
        let now = Instant::now();
        Self {
            recorder: OutcomeRecorder::new(worker.pool.clone(), Arc::clone(&worker.compose), worker.timings),
            worker,
            shutdown,
            attempts: JoinSet::new(),
            claims: HashMap::new(),
            success: watch::Sender::new(None),
            last_activity: now,
            paused_until: now,
        }
    }

    /// Sends mail until the shutdown, then waits for the attempts in progress.
    pub async fn run(mut self) {
        let timings = self.worker.timings;
        let mut renewal = interval((timings.lease / RENEWALS).max(Duration::from_millis(1)));
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let stopping = self.shutdown.is_cancelled();
            if stopping && self.attempts.is_empty() {
                return;
            }
            let slots = if stopping { 0 } else { self.free_slots() };
            let mut may_claim = slots > 0;
            if may_claim {
                match self.claim(slots).await {
                    Ok(0) => {}
                    // There may be more.
                    Ok(_) => continue,
                    Err(error) => {
                        tracing::error!(%error, "the outbox cannot be read");
                        // Not even when woken, since it would fail again.
                        may_claim = false;
                    }
                }
            }
            let wake = Arc::clone(&self.worker.wake);
            tokio::select! {
                Some(finished) = self.attempts.join_next_with_id() => self.on_finished(finished).await,
                () = wake.notified(), if may_claim => {}
                () = sleep(timings.poll), if !stopping => {}
                _ = renewal.tick(), if !self.claims.is_empty() => self.renew().await,
                () = self.shutdown.cancelled(), if !stopping => {}
            }
        }
    }

    /// The number of attempts that may start now. If all attempts hang, one more may start: the provider may be back,
    /// and attempts that hang do not notice it.
    fn free_slots(&self) -> usize {
        let timings = self.worker.timings;
        if Instant::now() < self.paused_until {
            return 0;
        }
        let stuck = self.last_activity.elapsed() >= timings.probe && self.attempts.len() < 2 * timings.senders;
        timings.senders.saturating_sub(self.attempts.len()).max(usize::from(stuck))
    }

    /// Starts attempts for due rows and returns their number.
    async fn claim(&mut self, slots: usize) -> sqlx::Result<usize> {
        let timings = self.worker.timings;
        let success = *self.success.borrow();
        let waiting = if self.last_activity.elapsed() >= timings.probe {
            // Probes whether the provider is back.
            Waiting { limit: 1, since: timings.probe }
        } else {
            // The provider is back: retries every mail that failed before the last success.
            success.map_or_else(Waiting::default, |last| Waiting { limit: slots, since: last.at.elapsed() })
        };
        let claims =
            outbox::claim(&self.worker.pool, self.worker.compose.kinds(), slots, waiting, timings.lease).await?;
        let count = claims.len();
        for claim in claims {
            self.last_activity = Instant::now();
            let attempt = Attempt {
                worker: Arc::clone(&self.worker),
                recorder: self.recorder.clone(),
                claim: claim.clone(),
                success: self.success.subscribe(),
                shutdown: self.shutdown.clone(),
            };
            let id = self.attempts.spawn(attempt.run()).id();
            self.claims.insert(id, claim);
        }
        Ok(count)
    }

    async fn on_finished(&mut self, finished: Result<(Id, Outcome), JoinError>) {
        self.last_activity = Instant::now();
        match finished {
            Ok((id, outcome)) => {
                self.claims.remove(&id);
                match outcome {
                    Outcome::Sent(success) => {
                        self.success.send_replace(Some(success));
                    }
                    Outcome::Pause(time) => {
                        self.paused_until = self.paused_until.max(Instant::now() + time.min(MAX_PAUSE));
                    }
                    Outcome::Nothing => {}
                }
            }
            Err(error) => {
                let Some(claim) = self.claims.remove(&error.id()) else { return };
                tracing::error!(outbox_id = %claim.id, attempt = claim.attempts, %error, "a mail attempt panicked");
                let failure = SendError::new(FailureKind::Ours, "an error in the sender");
                self.recorder.failed(&claim, &failure, false).await;
            }
        }
    }

    async fn renew(&self) {
        let claims: Vec<Claim> = self.claims.values().cloned().collect();
        if let Err(error) = outbox::renew(&self.worker.pool, &claims, self.worker.timings.lease).await {
            tracing::warn!(%error, mails = claims.len(), "cannot renew leases");
        }
    }
}
