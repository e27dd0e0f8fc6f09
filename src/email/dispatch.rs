//! Hands the outbox's rows to attempts: how many at once, when to look again, what to do after an outage.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::attempt::{Attempt, Outcome, Settler, Success};
use super::outbox;
use super::outbox::{Claim, Waiting};
use super::transport::{Fault, SendError};
use super::worker::Worker;

/// The longest pause that a provider's Retry-After imposes on all mail.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// Leases are renewed so many times before they end.
const RENEWALS: u32 = 4;

pub struct Dispatch {
    worker: Arc<Worker>,
    shutdown: CancellationToken,
    settler: Settler,
    attempts: JoinSet<Outcome>,
    claims: HashMap<Id, Claim>,
    /// The last mail that got through.
    success: watch::Sender<Option<Success>>,
    /// When an attempt last began or ended.
    last_move: Instant,
    /// Until when the provider wants nothing.
    paused_until: Instant,
}

impl Dispatch {
    pub fn new(worker: Arc<Worker>, shutdown: CancellationToken) -> Self {
        let now = Instant::now();
        Self {
            settler: Settler::new(worker.pool.clone(), Arc::clone(&worker.compose), worker.pace),
            worker,
            shutdown,
            attempts: JoinSet::new(),
            claims: HashMap::new(),
            success: watch::Sender::new(None),
            last_move: now,
            paused_until: now,
        }
    }

    /// Sends mail until the shutdown, then waits for the attempts under way.
    pub async fn run(mut self) {
        let pace = self.worker.pace;
        let mut renewal = interval((pace.lease / RENEWALS).max(Duration::from_millis(1)));
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let stopping = self.shutdown.is_cancelled();
            if stopping && self.attempts.is_empty() {
                return;
            }
            let room = if stopping { 0 } else { self.room() };
            let mut may_look = room > 0;
            if may_look {
                match self.claim(room).await {
                    Ok(0) => {}
                    // Where so many were, there may be more.
                    Ok(_) => continue,
                    Err(error) => {
                        tracing::error!(%error, "the outbox cannot be read");
                        // Not even when woken: it would fail again.
                        may_look = false;
                    }
                }
            }
            let wake = Arc::clone(&self.worker.wake);
            tokio::select! {
                Some(ended) = self.attempts.join_next_with_id() => self.ended(ended).await,
                () = wake.notified(), if may_look => {}
                () = sleep(pace.poll), if !stopping => {}
                _ = renewal.tick(), if !self.claims.is_empty() => self.renew().await,
                () = self.shutdown.cancelled(), if !stopping => {}
            }
        }
    }

    /// How many attempts may begin now. When none of many moves, one more may: the provider may be back, and
    /// those that hang cannot tell.
    fn room(&self) -> usize {
        let pace = self.worker.pace;
        if Instant::now() < self.paused_until {
            return 0;
        }
        let stuck = self.last_move.elapsed() >= pace.probe && self.attempts.len() < 2 * pace.senders;
        pace.senders.saturating_sub(self.attempts.len()).max(usize::from(stuck))
    }

    /// Begins attempts for rows that are due; returns how many.
    async fn claim(&mut self, room: usize) -> sqlx::Result<usize> {
        let pace = self.worker.pace;
        let success = *self.success.borrow();
        let waiting = if self.last_move.elapsed() >= pace.probe {
            // To see whether the provider is back.
            Waiting { limit: 1, since: pace.probe }
        } else {
            // It is: all that failed before.
            success.map_or_else(Waiting::default, |last| Waiting { limit: room, since: last.at.elapsed() })
        };
        let claims = outbox::claim(&self.worker.pool, self.worker.compose.kinds(), room, waiting, pace.lease).await?;
        let count = claims.len();
        for claim in claims {
            self.last_move = Instant::now();
            let attempt = Attempt {
                worker: Arc::clone(&self.worker),
                settler: self.settler.clone(),
                claim: claim.clone(),
                success: self.success.subscribe(),
                shutdown: self.shutdown.clone(),
            };
            let id = self.attempts.spawn(attempt.run()).id();
            self.claims.insert(id, claim);
        }
        Ok(count)
    }

    async fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        self.last_move = Instant::now();
        match ended {
            Ok((id, outcome)) => {
                self.claims.remove(&id);
                match outcome {
                    Outcome::Sent(success) => {
                        self.success.send_replace(Some(success));
                    }
                    Outcome::Pause(time) => {
                        self.paused_until = self.paused_until.max(Instant::now() + time.min(LONGEST_PAUSE));
                    }
                    Outcome::Nothing => {}
                }
            }
            Err(error) => {
                let Some(claim) = self.claims.remove(&error.id()) else { return };
                tracing::error!(outbox_id = %claim.id, attempt = claim.attempts, %error, "a mail attempt panicked");
                let fault = SendError::new(Fault::Ours, "a fault in the sender");
                self.settler.failed(&claim, &fault, false).await;
            }
        }
    }

    async fn renew(&self) {
        let claims: Vec<Claim> = self.claims.values().cloned().collect();
        if let Err(error) = outbox::renew(&self.worker.pool, &claims, self.worker.pace.lease).await {
            tracing::warn!(%error, mails = claims.len(), "leases not renewed");
        }
    }
}
