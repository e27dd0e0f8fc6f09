//! An outbox with its database, and workers with short timings.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kith::base::database::pool::Pool;
use kith::domain::accounts::verification;
use kith::domain::mail::Mails;
use kith::email::outbox;
use kith::email::request::Request;
use kith::email::timings::MailTimings;
use kith::email::transport::Transport;
use kith::email::worker::Worker;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::citus;
use super::database::TestDatabase;

/// Failures are retried after about 50 ms, and a send may take up to 300 ms.
pub const FAST: MailTimings = MailTimings {
    senders: 4,
    poll: Duration::from_millis(20),
    send_limit: Duration::from_millis(300),
    lease: Duration::from_secs(2),
    first_delay: Duration::from_millis(50),
    longest_delay: Duration::from_millis(100),
    probe: Duration::from_millis(50),
    grace: Duration::from_millis(100),
};

pub struct Outbox {
    pub pool: PgPool,
    pub wake: Arc<Notify>,
    _database: Option<TestDatabase>,
}

/// The attempts of a row.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    pub attempts: i32,
    pub dead: bool,
    pub last_error: Option<String>,
}

pub struct Running {
    pub shutdown: CancellationToken,
    pub task: JoinHandle<()>,
}

impl Outbox {
    pub async fn create() -> Self {
        let database = TestDatabase::create().await;
        Self { pool: database.pool.clone(), wake: Arc::default(), _database: Some(database) }
    }

    /// The outbox in the database of a running service.
    pub fn of(pool: &PgPool) -> Self {
        Self { pool: pool.clone(), wake: Arc::default(), _database: None }
    }

    /// Creates a user at example.org and enqueues the verification mail, in one transaction.
    pub async fn register(&self, name: &str) -> Uuid {
        let id = Uuid::now_v7();
        let mut transaction = self.pool.begin().await.expect("a transaction");
        sqlx::query("INSERT INTO users.users (id, email, username, password_hash) VALUES ($1, $2, $3, '')")
            .bind(id)
            .bind(format!("{name}@example.org"))
            .bind(name)
            .execute(&mut *transaction)
            .await
            .expect("a user");
        sqlx::query("SELECT users.claim_email($1, $2), users.claim_username($1, $3)")
            .bind(id)
            .bind(format!("{name}@example.org"))
            .bind(name)
            .execute(&mut *transaction)
            .await
            .expect("claims");
        verification::request(&mut transaction, id).await.expect("a request");
        transaction.commit().await.expect("a commit");
        id
    }

    pub fn worker(&self, transport: Transport, timings: MailTimings) -> Worker {
        let pool = Pool::from(self.pool.clone());
        Worker {
            pool: pool.clone(),
            transport,
            compose: Arc::new(Mails {
                pool,
                from: "Kith <no-reply@kith.example>".to_owned(),
                public_url: "https://kith.example".parse().expect("a URL"),
            }),
            wake: Arc::clone(&self.wake),
            timings,
        }
    }

    pub fn start(&self, transport: Transport, timings: MailTimings) -> Running {
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(self.worker(transport, timings).run(shutdown.clone()));
        Running { shutdown, task }
    }

    /// Enqueues a mail in a transaction of its own.
    pub async fn enqueue(&self, request: Request) {
        let mut transaction = self.pool.begin().await.expect("a transaction");
        outbox::enqueue(&mut transaction, request).await.expect("a row");
        transaction.commit().await.expect("a commit");
    }

    /// Returns whether the outbox has no rows, not even dead ones.
    pub async fn is_empty(&self) -> bool {
        self.count("SELECT count(*) FROM users.email_outbox").await == 0
    }

    /// The number of dead rows.
    pub async fn dead(&self) -> i64 {
        self.count("SELECT count(dead_at) FROM users.email_outbox").await
    }

    async fn count(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement).fetch_one(&self.pool).await.expect("a count")
    }

    pub async fn row(&self, user: Uuid) -> Option<Row> {
        sqlx::query_as(
            "SELECT attempts, dead_at IS NOT NULL AS dead, last_error
             FROM users.email_outbox WHERE recipient_id = $1 AND kind = 'verification'",
        )
        .bind(user)
        .fetch_optional(&self.pool)
        .await
        .expect("a row")
    }

    pub async fn token_hash(&self, user: Uuid) -> Option<Vec<u8>> {
        sqlx::query_scalar("SELECT token_hash FROM users.email_verifications WHERE user_id = $1")
            .bind(user)
            .fetch_one(&self.pool)
            .await
            .expect("a verification")
    }

    pub async fn is_verified(&self, user: Uuid) -> bool {
        sqlx::query_scalar("SELECT email_verified FROM users.users WHERE id = $1")
            .bind(user)
            .fetch_one(&self.pool)
            .await
            .expect("the user is still there")
    }

    pub async fn execute(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.expect("a statement");
    }
}

/// Waits until `done` returns true, for at most 30 s. On a cluster, for which a write is more work, for 5 minutes.
pub async fn wait_until<F: Future<Output = bool>>(what: &str, mut done: impl FnMut() -> F) {
    let limit = Duration::from_secs(if citus::nodes().is_some() { 300 } else { 30 });
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < limit, "timed out: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
