//! The outbox worker: it sends each mail once, retries after a crash, and drops mail or gives it up in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use kith::email::timings::MailTimings;
use kith::email::worker::Worker;
use tokio_util::sync::CancellationToken;

use crate::support::log::Log;
use crate::support::outbox::{FAST, Outbox, wait_until};
use crate::support::provider::{Behavior as ProviderBehavior, OK, Provider, transport};
use crate::support::smtp::{Behavior, OK as SMTP_OK, SmtpServer};

#[tokio::test]
async fn mail_is_sent_immediately_after_a_wake_up() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    outbox.start(provider.transport(), MailTimings { poll: Duration::from_hours(1), ..FAST });
    // With nothing to do, all senders sleep.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let users = join_all(["ann", "bob", "cem", "dee", "eve", "fay"].map(|name| outbox.register(name))).await;
    outbox.wake.notify_one();
    let start = Instant::now();
    wait_until("the mail is sent", async || provider.accepted().len() == users.len()).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn two_workers_send_each_mail_once() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderBehavior::Slow(Duration::from_millis(30))).await;
    let names: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
    for name in &names {
        outbox.register(name).await;
    }
    outbox.start(provider.transport(), FAST);
    // A worker as in another process, without shared wake-ups.
    let other = Worker { wake: Arc::default(), ..outbox.worker(provider.transport(), FAST) };
    tokio::spawn(other.run(CancellationToken::new()));
    wait_until("the mail is sent", async || provider.accepted().len() >= names.len()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut recipients: Vec<String> = provider.accepted().into_iter().map(|mail| mail.to).collect();
    recipients.sort();
    let mut expected: Vec<String> = names.iter().map(|name| format!("{name}@example.org")).collect();
    expected.sort();
    assert_eq!(recipients, expected);
}

#[tokio::test]
async fn the_mail_of_a_killed_worker_is_sent_when_its_lease_ends() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderBehavior::Hang).await;
    let ann = outbox.register("ann").await;
    let killed = outbox.start(provider.transport(), MailTimings { send_limit: Duration::from_mins(1), ..FAST });
    wait_until("an attempt", async || provider.request_count() == 1).await;
    killed.task.abort();
    assert!(killed.task.await.expect_err("killed").is_cancelled());
    let first_token = outbox.token_hash(ann).await;
    assert!(first_token.is_some());

    provider.set_behavior(|_| OK);
    let start = Instant::now();
    outbox.start(provider.transport(), FAST);
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    assert!(start.elapsed() > Duration::from_secs(1), "not before the lease ends: {:?}", start.elapsed());
    assert_eq!(provider.accepted().len(), 1);
    assert_ne!(outbox.token_hash(ann).await, first_token);
}

#[tokio::test]
async fn a_stopping_worker_finishes_its_current_mail_and_takes_no_other() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderBehavior::Slow(Duration::from_millis(200))).await;
    let users = join_all(["ann", "bob"].map(|name| outbox.register(name))).await;
    let timings = MailTimings { senders: 1, probe: Duration::from_mins(1), ..FAST };
    let running = outbox.start(provider.transport(), timings);
    wait_until("an attempt", async || provider.request_count() == 1).await;
    running.shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(5), running.task).await.expect("an exit in time").expect("a clean exit");
    let left = join_all(users.iter().map(|user| outbox.row(*user))).await;
    let attempts: Vec<i32> = left.into_iter().flatten().map(|row| row.attempts).collect();
    assert_eq!((provider.accepted().len(), attempts), (1, vec![0]));
}

#[tokio::test]
async fn mail_that_is_no_longer_needed_is_dropped_and_late_mail_is_given_up() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    let verified = outbox.register("verified").await;
    let expired = outbox.register("expired").await;
    outbox.execute("UPDATE users.users SET email_verified = true WHERE username = 'verified'").await;
    outbox
        .execute(
            "UPDATE users.email_verifications SET expires_at = now()
             WHERE user_id = (SELECT id FROM users.users WHERE username = 'expired')",
        )
        .await;
    outbox.start(provider.transport(), FAST);
    wait_until("obsolete mail is dropped", async || outbox.row(verified).await.is_none()).await;
    wait_until("the mail is given up", async || outbox.row(expired).await.is_some_and(|row| row.dead)).await;
    assert_eq!(provider.request_count(), 0);
}

#[tokio::test]
async fn mail_that_fails_until_its_link_expires_is_given_up() {
    let log = Log::capture();
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderBehavior::Status(503)).await;
    let ann = outbox.register("ann").await;
    outbox.start(provider.transport(), FAST);
    wait_until("two attempts", async || provider.request_count() >= 2).await;
    outbox.execute("UPDATE users.email_verifications SET expires_at = now() + interval '300 milliseconds'").await;
    wait_until("the mail is given up", async || outbox.row(ann).await.is_some_and(|row| row.dead)).await;
    let requests = provider.request_count();
    assert_eq!(outbox.row(ann).await.and_then(|row| row.last_error).as_deref(), Some("HTTP 503"));
    assert_eq!(log.lines("ERROR", "given up").len(), 1, "{}", log.text());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(provider.request_count(), requests);
    assert!(!outbox.is_verified(ann).await);
}

#[tokio::test]
async fn new_mail_does_not_wait_for_a_backlog() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    for number in 0..30 {
        outbox.register(&format!("old{number}")).await;
    }
    outbox.execute("UPDATE users.email_outbox SET attempts = 3, due_at = now() - interval '1 hour'").await;
    outbox.register("ann").await;
    outbox.start(provider.transport(), MailTimings { senders: 1, ..FAST });
    wait_until("the mail is sent", async || !provider.accepted().is_empty()).await;
    assert_eq!(provider.accepted()[0].to, "ann@example.org");
}

#[tokio::test]
async fn the_worker_waits_for_a_failing_database() {
    let log = Log::capture();
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    let ann = outbox.register("ann").await;
    outbox.execute("ALTER TABLE users.email_outbox RENAME TO email_outbox_moved").await;
    outbox.start(provider.transport(), FAST);
    wait_until("an error is logged", async || !log.lines("ERROR", "the outbox cannot be read").is_empty()).await;
    outbox.execute("ALTER TABLE users.email_outbox_moved RENAME TO email_outbox").await;
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
}

#[tokio::test]
async fn a_send_that_outlasts_its_lease_is_not_repeated() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderBehavior::Slow(Duration::from_secs(3))).await;
    let ann = outbox.register("ann").await;
    let timings = MailTimings { lease: Duration::from_secs(1), send_limit: Duration::from_mins(1), ..FAST };
    outbox.start(provider.transport(), timings);
    wait_until("an attempt", async || provider.request_count() == 1).await;
    outbox.start(provider.transport(), timings);
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    assert_eq!(provider.request_count(), 1);
}

/// Delays as in production, except for the times that a test has to wait for.
const PRODUCTION_DELAYS: MailTimings = MailTimings {
    first_delay: Duration::from_mins(10),
    longest_delay: Duration::from_mins(15),
    probe: Duration::from_secs(1),
    poll: Duration::from_millis(200),
    ..FAST
};

#[tokio::test]
async fn the_first_mail_delivered_after_an_outage_releases_the_others() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderBehavior::Status(503)).await;
    for number in 0..50 {
        outbox.register(&format!("user{number}")).await;
    }
    outbox.start(provider.transport(), PRODUCTION_DELAYS);
    wait_until("all mail has failed", async || provider.request_count() >= 52).await;
    // By now all mail waits for ten minutes, except for one that probes the provider.
    provider.set_behavior(|_| OK);
    wait_until("the mail is sent", async || outbox.is_empty().await).await;
    assert_eq!(provider.accepted().len(), 50);
}

#[tokio::test]
async fn mail_that_fails_while_others_succeed_keeps_its_backoff() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    provider.set_behavior(|mail| if mail.to.starts_with("full") { ProviderBehavior::Status(503) } else { OK });
    let full = outbox.register("full").await;
    outbox.start(provider.transport(), MailTimings { probe: Duration::from_mins(1), ..PRODUCTION_DELAYS });
    for number in 0..20 {
        outbox.register(&format!("user{number}")).await;
        outbox.wake.notify_one();
        wait_until("the mail is sent", async || provider.accepted().len() == number + 1).await;
    }
    let row = outbox.row(full).await.expect("still queued");
    assert!(row.attempts <= 2, "tried {} times", row.attempts);
}

#[tokio::test]
async fn mail_is_sent_once_the_provider_is_back_even_if_all_senders_hang() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    server.set_behavior(Behavior { delay: Duration::from_secs(20), ..SMTP_OK });
    for number in 0..4 {
        outbox.register(&format!("user{number}")).await;
    }
    let timings =
        MailTimings { send_limit: Duration::from_hours(1), grace: Duration::from_secs(1), ..PRODUCTION_DELAYS };
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), timings);
    wait_until("all senders hang", async || server.recipients().len() == timings.senders).await;
    server.set_behavior(SMTP_OK);
    outbox.register("ann").await;
    let start = Instant::now();
    wait_until("the mail is sent", async || outbox.is_empty().await).await;
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert_eq!(server.mails().len(), timings.senders + 1, "each mail is sent once");
}

#[tokio::test]
async fn a_large_backlog_drains_quickly() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    for statement in [
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), n || '@example.org', 'user' || n, '' FROM generate_series(1, 60000) n",
        "INSERT INTO users.email_verifications (id, user_id, expires_at)
         SELECT gen_random_uuid(), id, now() + interval '1 day' FROM users.users",
        "INSERT INTO users.email_outbox (id, recipient_id, verification_id, due_at)
         SELECT gen_random_uuid(), user_id, id, now() - random() * interval '1 hour' FROM users.email_verifications",
    ] {
        outbox.execute(statement).await;
    }
    outbox.start(provider.transport(), MailTimings::default());
    wait_until("the first mail is sent", async || provider.request_count() >= 100).await;
    // Within the 30 s limit. Sorting all due rows for each claim takes longer.
    wait_until("much more mail is sent", async || provider.request_count() >= 2100).await;
}
