//! Works the outbox off: claims a row, makes a token, sends the mail, and waits out failures.

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::link;
use super::outbox::{self, Claim};
use super::pace::Pace;
use super::transport::{SendError, Transport};
use crate::domain::random;

/// Sends what lies in the outbox. Any number may run on one database. A process that dies in the
/// middle leaves its row claimed; when the lease ends, somebody repeats the attempt.
pub struct Worker {
    pub pool: PgPool,
    pub transport: Transport,
    /// The sender that mails name.
    pub from: String,
    /// The origin that links lead to.
    pub public_url: Url,
    /// Notified after a commit that put mail into the outbox.
    pub wake: Arc<Notify>,
    pub pace: Pace,
}

/// Why an attempt failed on our side.
#[derive(Debug, thiserror::Error)]
enum AttemptError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("no token")]
    Token,
}

impl Worker {
    /// Runs until `shutdown`; what is being sent then is still brought to its end.
    pub async fn run(self, shutdown: CancellationToken) {
        let worker = Arc::new(self);
        let mut senders = JoinSet::new();
        for _ in 0..worker.pace.senders {
            let (worker, shutdown) = (Arc::clone(&worker), shutdown.clone());
            senders.spawn(async move { worker.send_all(&shutdown).await });
        }
        while let Some(ended) = senders.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a mail sender stopped");
            }
        }
    }

    async fn send_all(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            match outbox::claim(&self.pool, 1, self.pace.lease).await.map(|mut claims| claims.pop()) {
                Ok(Some(claim)) => {
                    // Where one row was there may be more: another sender looks while this one sends.
                    self.wake.notify_one();
                    if let Err(error) = self.attempt(&claim).await {
                        tracing::error!(outbox_id = %claim.id, attempt = claim.attempts, %error, "mail attempt lost");
                    }
                    continue;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    // Not even when woken: it would fail again.
                    wait(self.pace.poll, shutdown).await;
                    continue;
                }
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = wait(self.pace.poll, shutdown) => {}
            }
        }
    }

    async fn attempt(&self, claim: &Claim) -> Result<(), AttemptError> {
        // A new token each time: only its hash is kept, so an old one cannot be mailed again.
        let token = random::secret().map_err(|_| AttemptError::Token)?;
        let recipient = link::store_token(&self.pool, claim, &token).await?;
        let Some(recipient) = recipient else {
            return Ok(self.close(claim).await?);
        };
        let mail = link::mail(claim.request, &self.from, &recipient, &self.public_url, &token);
        let sending = tokio::time::timeout(self.pace.send_limit, self.transport.send(&mail));
        let sent = sending.await.unwrap_or_else(|_| Err(SendError::Transient("no answer in time".into())));
        Ok(self.settle(claim, sent).await?)
    }

    /// Nothing can be sent any more: because nobody needs it, or because it came to nothing.
    async fn close(&self, claim: &Claim) -> sqlx::Result<()> {
        let (outbox_id, attempt) = (claim.id, claim.attempts);
        if link::is_late(&self.pool, claim).await? {
            count("dead");
            tracing::error!(%outbox_id, attempt, "mail not sent until its link expired: given up");
            return outbox::give_up(&self.pool, claim, None).await;
        }
        tracing::info!(%outbox_id, attempt, "mail dropped: it is no longer needed");
        outbox::finish(&self.pool, claim).await
    }

    async fn settle(&self, claim: &Claim, sent: Result<(), SendError>) -> sqlx::Result<()> {
        let (outbox_id, attempt) = (claim.id, claim.attempts);
        match sent {
            Ok(()) => {
                outbox::finish(&self.pool, claim).await?;
                count("sent");
                tracing::info!(%outbox_id, attempt, kind = claim.request.kind(), "mail sent");
            }
            Err(SendError::Permanent(error)) => {
                outbox::give_up(&self.pool, claim, Some(&error)).await?;
                count("dead");
                tracing::error!(%outbox_id, attempt, %error, "mail refused for good: given up");
            }
            Err(SendError::Transient(error)) => {
                let delay = self.pace.delay(attempt);
                outbox::put_off(&self.pool, claim, delay, &error).await?;
                count("failed");
                tracing::warn!(%outbox_id, attempt, %error, ?delay, "mail not sent, will be tried again");
            }
        }
        Ok(())
    }
}

/// What an attempt came to.
fn count(outcome: &'static str) {
    metrics::counter!("email_sent_total", "outcome" => outcome).increment(1);
}

async fn wait(time: std::time::Duration, shutdown: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = shutdown.cancelled() => {}
    }
}
