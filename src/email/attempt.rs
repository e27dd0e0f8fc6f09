//! One attempt to send a mail, and what becomes of its row.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::compose::Compose;
use super::outbox;
use super::outbox::Claim;
use super::timings::MailTimings;
use super::transport::{FailureKind, Handover, SendError};
use super::worker::Worker;

/// Connections to the database that attempts use at once: requests need the others.
const CONNECTIONS: usize = 4;
/// How often a mail that is sent is tried to be noted as sent: else it would be sent again.
const FINISH_ATTEMPTS: u32 = 30;
/// Longest wait of a mail that a provider's Retry-After asks for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// How often a mail for a mailbox that takes none now is tried as if the provider were away.
const PROBED_ATTEMPTS: i32 = 40;

/// A mail got through.
#[derive(Clone, Copy, Debug)]
pub struct Success {
    pub at: Instant,
    /// From the beginning of its attempt.
    pub took: Duration,
}

/// What an attempt tells about the provider.
pub enum Outcome {
    /// It takes mail.
    Sent(Success),
    /// It wants none for so long.
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
    /// Sends the mail, if it is still needed, and settles its row.
    pub async fn run(self) -> Outcome {
        let Self { worker, recorder, claim, success, shutdown } = self;
        let started = Instant::now();
        let before = *success.borrow();
        // Others got through while this one waited for its next attempt: it is not for the provider that it waits.
        let others_got_through = before.is_some_and(|last| started - last.at < claim.since_failure);
        let mail = match recorder.with_connection(worker.compose.compose(&claim)).await {
            Ok(Some(mail)) => mail,
            Ok(None) => {
                recorder.not_needed(&claim).await;
                return Outcome::Nothing;
            }
            Err(error) => {
                tracing::error!(outbox_id = %claim.id, attempt = claim.attempts, %error, "mail attempt lost");
                return Outcome::Nothing;
            }
        };
        let handover = Handover::default();
        let sent = tokio::select! {
            sent = timeout(worker.timings.send_limit, worker.transport.send(&mail, &handover)) => {
                sent.unwrap_or_else(|_| Err(SendError::new(FailureKind::Outage, "no answer in time")))
            }
            () = wait_until_overtaken(success.clone(), started, worker.timings.grace, &handover) => {
                Err(SendError::new(FailureKind::Outage, "no answer while others got through"))
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

/// Waits until another mail has got through since this attempt began, and this one has gone on for `grace` and
/// twice as long as that one, without being handed over: its connection is left over from an outage, and beginning
/// again sends nothing twice.
async fn wait_until_overtaken(
    mut success: watch::Receiver<Option<Success>>,
    started: Instant,
    grace: Duration,
    handover: &Handover,
) {
    let last = success.wait_for(|last| last.is_some_and(|last| last.at > started)).await.ok().and_then(|last| *last);
    // Without a sender the process is ending.
    let Some(Success { took, .. }) = last else { return std::future::pending().await };
    sleep_until(started + grace.max(2 * took)).await;
    if handover.has_begun() {
        std::future::pending::<()>().await;
    }
}

/// Waits for the shutdown, if the mail is not handed over by then.
async fn wait_for_shutdown(shutdown: &CancellationToken, handover: &Handover) {
    shutdown.cancelled().await;
    if handover.has_begun() {
        std::future::pending::<()>().await;
    }
}

/// Settles rows, each by itself: what goes wrong with one changes nothing for the others.
#[derive(Clone)]
pub struct OutcomeRecorder {
    pool: PgPool,
    compose: Arc<dyn Compose>,
    timings: MailTimings,
    connections: Arc<Semaphore>,
}

impl OutcomeRecorder {
    pub fn new(pool: PgPool, compose: Arc<dyn Compose>, timings: MailTimings) -> Self {
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
                    tracing::error!(outbox_id = %claim.id, %error, "a mail is sent, and not noted as sent yet");
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
        count("sent");
        tracing::info!(outbox_id = %claim.id, attempt = claim.attempts, kind = claim.request.kind, "mail sent");
    }

    /// Nothing can be sent any more: because it is not needed, or because it came to nothing.
    async fn not_needed(&self, claim: &Claim) {
        let (outbox_id, attempt) = (claim.id, claim.attempts);
        let settling = self.with_connection(async {
            if self.compose.is_expired(claim).await? {
                outbox::mark_dead(&self.pool, claim, None).await?;
                count("dead");
                tracing::error!(%outbox_id, attempt, "mail not sent until its link expired: given up");
            } else {
                outbox::finish(&self.pool, claim).await?;
                tracing::info!(%outbox_id, attempt, "mail dropped: it is no longer needed");
            }
            Ok(())
        });
        note(claim, settling.await);
    }

    /// Puts the mail off, or gives it up when its mailbox is refused. With `waits`, nothing got through since its
    /// last failure, so that it is tried as soon as something does.
    pub async fn failed(&self, claim: &Claim, error: &SendError, waits: bool) {
        let (outbox_id, attempt, text) = (claim.id, claim.attempts, error.text.as_ref());
        if error.kind == FailureKind::Mailbox {
            let settling = self.with_connection(outbox::mark_dead(&self.pool, claim, Some(text)));
            count("dead");
            tracing::error!(%outbox_id, attempt, error = text, "mail refused for good: given up");
            return note(claim, settling.await);
        }
        let asked = error.retry_after.map(|wait| wait.min(MAX_RETRY_AFTER));
        let delay = self.timings.delay(attempt).max(asked.unwrap_or_default());
        // A mailbox that puts us off for long is left to the growing delays.
        let patient = error.kind != FailureKind::Later || attempt <= PROBED_ATTEMPTS;
        let waits = waits && patient && asked.is_none();
        let settling = self.with_connection(outbox::reschedule(&self.pool, claim, delay, text, waits));
        count(if error.kind == FailureKind::Ours { "refused" } else { "failed" });
        tracing::warn!(%outbox_id, attempt, error = text, ?delay, "mail not sent, will be tried again");
        note(claim, settling.await);
    }

    /// Gives the row back: another process may send it at once.
    async fn release(&self, claim: &Claim) {
        let settling = outbox::reschedule(&self.pool, claim, Duration::ZERO, "the sender was stopped", false);
        note(claim, self.with_connection(settling).await);
    }
}

/// The row stays claimed until its lease ends.
fn note(claim: &Claim, settled: sqlx::Result<()>) {
    if let Err(error) = settled {
        tracing::error!(outbox_id = %claim.id, attempt = claim.attempts, %error, "mail attempt not noted");
    }
}

/// What an attempt came to.
fn count(outcome: &'static str) {
    metrics::counter!("email_sent_total", "outcome" => outcome).increment(1);
}
