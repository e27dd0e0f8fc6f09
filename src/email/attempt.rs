//! One attempt to send a mail, and the recording of its outcome.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::compose::Compose;
use super::outbox;
use super::outbox::Claim;
use super::timings::MailTimings;
use super::transport::{FailureKind, Handover, SendError};
use super::worker::Worker;
use crate::base::database::pool::Pool;

/// Database connections that attempts may use at once. The others are left for requests.
const CONNECTIONS: usize = 4;
/// How often recording a sent mail is attempted. A mail that is not recorded as sent is sent again.
const FINISH_ATTEMPTS: u32 = 30;
/// Longest delay of a mail that a provider's Retry-After can impose.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// For this many attempts, a mail that its mailbox rejects temporarily is retried as in an outage.
const PROBED_ATTEMPTS: i32 = 40;

/// A mail that got through.
#[derive(Clone, Copy, Debug)]
pub struct Success {
    pub at: Instant,
    /// Since the start of its attempt.
    pub took: Duration,
}

/// What an attempt reveals about the provider.
pub enum Outcome {
    /// It accepts mail.
    Sent(Success),
    /// It requests a pause of this length.
    Pause(Duration),
    Nothing,
}

pub struct Attempt {
    pub worker: Arc<Worker>,
    pub recorder: OutcomeRecorder,
    pub claim: Claim,
    /// The last mail that got through.
    pub success: watch::Receiver<Option<Success>>,
    pub shutdown: CancellationToken,
}

impl Attempt {
    /// Sends the mail if it is still needed, and records the outcome.
    pub async fn run(self) -> Outcome {
        let Self { worker, recorder, claim, success, shutdown } = self;
        let started = Instant::now();
        let before = *success.borrow();
        // Others got through while this one waited for its next attempt, so the provider is not the cause.
        let others_got_through = before.is_some_and(|last| started - last.at < claim.since_failure);
        let mail = match recorder.with_connection(worker.compose.compose(&claim)).await {
            Ok(Some(mail)) => mail,
            Ok(None) => {
                recorder.not_needed(&claim).await;
                return Outcome::Nothing;
            }
            Err(error) => {
                tracing::error!(outbox_id = %claim.id, attempt = claim.attempts, %error, "cannot compose a mail");
                return Outcome::Nothing;
            }
        };
        let handover = Handover::default();
        let sent = tokio::select! {
            sent = timeout(worker.timings.send_limit, worker.transport.send(&mail, &handover)) => {
                sent.unwrap_or_else(|_| Err(SendError::new(FailureKind::Outage, "no response in time")))
            }
            () = wait_until_overtaken(success.clone(), started, worker.timings.grace, &handover) => {
                Err(SendError::new(FailureKind::Outage, "no response while others got through"))
            }
            () = wait_for_shutdown(&shutdown, &handover) => {
                recorder.release(&claim).await;
                return Outcome::Nothing;
            }
        };
        match sent {
            Ok(()) => {
                let at = Instant::now();
                recorder.sent(&claim).await;
                Outcome::Sent(Success { at, took: at - started })
            }
            Err(error) => {
                recorder.failed(&claim, &error, !others_got_through).await;
                error.retry_after.map_or(Outcome::Nothing, Outcome::Pause)
            }
        }
    }
}

/// Waits until another mail has got through since this attempt started, and this attempt has taken at least `grace` and
/// twice as long as the other one without a handover. Its connection is then a leftover from an outage, and a retry
/// cannot send the mail twice.
async fn wait_until_overtaken(
    mut success: watch::Receiver<Option<Success>>,
    started: Instant,
    grace: Duration,
    handover: &Handover,
) {
    let last = success.wait_for(|last| last.is_some_and(|last| last.at > started)).await.ok().and_then(|last| *last);
    // The channel is closed only when the process exits.
    let Some(Success { took, .. }) = last else { return std::future::pending().await };
    sleep_until(started + grace.max(2 * took)).await;
    if handover.has_begun() {
        std::future::pending::<()>().await;
    }
}

/// Waits for the shutdown. Does not return if the mail has been handed over by then.
async fn wait_for_shutdown(shutdown: &CancellationToken, handover: &Handover) {
    shutdown.cancelled().await;
    if handover.has_begun() {
        std::future::pending::<()>().await;
    }
}

/// Records the outcome of each attempt in its row. A failure to record one does not affect the others.
#[derive(Clone)]
pub struct OutcomeRecorder {
    pool: Pool,
    compose: Arc<dyn Compose>,
    timings: MailTimings,
    connections: Arc<Semaphore>,
}

impl OutcomeRecorder {
    pub fn new(pool: Pool, compose: Arc<dyn Compose>, timings: MailTimings) -> Self {
        Self { pool, compose, timings, connections: Arc::new(Semaphore::new(CONNECTIONS)) }
    }

    async fn with_connection<T>(&self, statement: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        // Nothing closes the semaphore.
        let _connection = self.connections.acquire().await;
        statement.await
    }

    async fn sent(&self, claim: &Claim) {
        for _ in 0..FINISH_ATTEMPTS {
            match self.with_connection(outbox::finish(&self.pool, claim)).await {
                Ok(()) => break,
                Err(error) => {
                    tracing::error!(outbox_id = %claim.id, %error, "a sent mail is not recorded yet, will retry");
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
        count("sent");
        tracing::info!(outbox_id = %claim.id, attempt = claim.attempts, kind = claim.request.kind, "mail sent");
    }

    /// Closes a mail that can no longer be sent: it is not needed any more, or its link has expired.
    async fn not_needed(&self, claim: &Claim) {
        let (outbox_id, attempt) = (claim.id, claim.attempts);
        let recording = self.with_connection(async {
            if self.compose.is_expired(claim).await? {
                outbox::mark_dead(&self.pool, claim, None).await?;
                count("dead");
                tracing::error!(%outbox_id, attempt, "mail not sent before its link expired: given up");
            } else {
                outbox::finish(&self.pool, claim).await?;
                tracing::info!(%outbox_id, attempt, "mail dropped: it is no longer needed");
            }
            Ok(())
        });
        log_failure(claim, recording.await);
    }

    /// Reschedules the mail, or gives it up if its mailbox is rejected for good. `during_outage` means that nothing has
    /// got through since its last failure, so that it is retried as soon as something does.
    pub async fn failed(&self, claim: &Claim, error: &SendError, during_outage: bool) {
        let (outbox_id, attempt, text) = (claim.id, claim.attempts, error.text.as_ref());
        if error.kind == FailureKind::Mailbox {
            let recording = self.with_connection(outbox::mark_dead(&self.pool, claim, Some(text)));
            count("dead");
            tracing::error!(%outbox_id, attempt, error = text, "mail permanently rejected: given up");
            return log_failure(claim, recording.await);
        }
        let requested = error.retry_after.map(|wait| wait.min(MAX_RETRY_AFTER));
        let delay = self.timings.delay(attempt).max(requested.unwrap_or_default());
        // A mailbox that keeps rejecting the mail temporarily is left to the growing delays.
        let is_probed = error.kind != FailureKind::Later || attempt <= PROBED_ATTEMPTS;
        let during_outage = during_outage && is_probed && requested.is_none();
        let recording = self.with_connection(outbox::reschedule(&self.pool, claim, delay, text, during_outage));
        count(if error.kind == FailureKind::Ours { "refused" } else { "failed" });
        tracing::warn!(%outbox_id, attempt, error = text, ?delay, "mail not sent, will retry");
        log_failure(claim, recording.await);
    }

    /// Releases the row, so that another process can send it immediately.
    async fn release(&self, claim: &Claim) {
        let release = outbox::reschedule(&self.pool, claim, Duration::ZERO, "the sender was stopped", false);
        log_failure(claim, self.with_connection(release).await);
    }
}

/// Logs that an outcome was not recorded. The row stays claimed until its lease expires.
fn log_failure(claim: &Claim, recorded: sqlx::Result<()>) {
    if let Err(error) = recorded {
        tracing::error!(outbox_id = %claim.id, attempt = claim.attempts, %error, "mail attempt not recorded");
    }
}

/// Counts the outcome of an attempt.
fn count(outcome: &'static str) {
    metrics::counter!("email_sent_total", "outcome" => outcome).increment(1);
}
