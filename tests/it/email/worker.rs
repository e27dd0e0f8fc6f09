//! The outbox's worker: once each, repeated after a crash, dropped or given up in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use kith::email::timings::MailTimings;
use kith::email::worker::Worker;
use tokio_util::sync::CancellationToken;

use crate::support::log::Log;
use crate::support::outbox::{FAST, Outbox, until};
use crate::support::provider::{Behavior as ProviderMood, OK, Provider, transport};
use crate::support::smtp::{Behavior, OK as SMTP_OK, SmtpServer};

#[tokio::test]
async fn mail_is_sent_at_once_when_somebody_says_that_there_is_some() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    outbox.start(provider.transport(), MailTimings { poll: Duration::from_hours(1), ..FAST });
    // Nothing to do: all senders have gone to sleep.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let users = join_all(["ann", "bob", "cem", "dee", "eve", "fay"].map(|name| outbox.register(name))).await;
    outbox.wake.notify_one();
    let start = Instant::now();
    until("sending", async || provider.accepted().len() == users.len()).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn two_workers_send_each_mail_once() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderMood::Slow(Duration::from_millis(30))).await;
    let names: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
    for name in &names {
        outbox.register(name).await;
    }
    outbox.start(provider.transport(), FAST);
    // In another process, which hears nothing of this one.
    let other = Worker { wake: Arc::default(), ..outbox.worker(provider.transport(), FAST) };
    tokio::spawn(other.run(CancellationToken::new()));
    until("sending", async || provider.accepted().len() >= names.len()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut recipients: Vec<String> = provider.accepted().into_iter().map(|mail| mail.to).collect();
    recipients.sort();
    let mut expected: Vec<String> = names.iter().map(|name| format!("{name}@example.org")).collect();
    expected.sort();
    assert_eq!(recipients, expected);
}

#[tokio::test]
async fn a_worker_killed_while_sending_is_made_up_for_when_its_lease_ends() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderMood::Hang).await;
    let ann = outbox.register("ann").await;
    let killed = outbox.start(provider.transport(), MailTimings { send_limit: Duration::from_mins(1), ..FAST });
    until("an attempt", async || provider.request_count() == 1).await;
    killed.task.abort();
    assert!(killed.task.await.expect_err("killed").is_cancelled());
    let first_token = outbox.token_hash(ann).await;
    assert!(first_token.is_some());

    provider.answer(|_| OK);
    let start = Instant::now();
    outbox.start(provider.transport(), FAST);
    until("sending", async || outbox.row(ann).await.is_none()).await;
    assert!(start.elapsed() > Duration::from_secs(1), "not before the lease ends: {:?}", start.elapsed());
    assert_eq!(provider.accepted().len(), 1);
    assert_ne!(outbox.token_hash(ann).await, first_token);
}

#[tokio::test]
async fn a_worker_asked_to_stop_finishes_the_mail_under_way_and_takes_no_other() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderMood::Slow(Duration::from_millis(200))).await;
    let users = join_all(["ann", "bob"].map(|name| outbox.register(name))).await;
    let running = outbox.start(provider.transport(), MailTimings { senders: 1, ..FAST });
    until("an attempt", async || provider.request_count() == 1).await;
    running.shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(5), running.task).await.expect("an end").expect("a clean end");
    let left = join_all(users.iter().map(|user| outbox.row(*user))).await;
    let attempts: Vec<i32> = left.into_iter().flatten().map(|row| row.attempts).collect();
    assert_eq!((provider.accepted().len(), attempts), (1, vec![0]));
}

#[tokio::test]
async fn what_needs_no_mail_any_more_is_dropped_and_what_is_too_late_is_given_up() {
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
    until("dropping", async || outbox.row(verified).await.is_none()).await;
    until("giving up", async || outbox.row(expired).await.is_some_and(|row| row.dead)).await;
    assert_eq!(provider.request_count(), 0);
}

#[tokio::test]
async fn what_fails_until_its_link_expires_is_given_up() {
    let log = Log::capture();
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderMood::Status(503)).await;
    let ann = outbox.register("ann").await;
    outbox.start(provider.transport(), FAST);
    until("two attempts", async || provider.request_count() >= 2).await;
    outbox.execute("UPDATE users.email_verifications SET expires_at = now() + interval '300 milliseconds'").await;
    until("giving up", async || outbox.row(ann).await.is_some_and(|row| row.dead)).await;
    let asked = provider.request_count();
    assert_eq!(outbox.row(ann).await.and_then(|row| row.last_error).as_deref(), Some("HTTP 503"));
    assert_eq!(log.lines("ERROR", "given up").len(), 1, "{}", log.text());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(provider.request_count(), asked);
    assert!(!outbox.is_verified(ann).await);
}

#[tokio::test]
async fn newcomers_do_not_wait_for_a_backlog() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    for number in 0..30 {
        outbox.register(&format!("old{number}")).await;
    }
    outbox.execute("UPDATE users.email_outbox SET attempts = 3, due_at = now() - interval '1 hour'").await;
    outbox.register("ann").await;
    outbox.start(provider.transport(), MailTimings { senders: 1, ..FAST });
    until("sending", async || !provider.accepted().is_empty()).await;
    assert_eq!(provider.accepted()[0].to, "ann@example.org");
}

#[tokio::test]
async fn a_database_that_fails_is_waited_for() {
    let log = Log::capture();
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    let ann = outbox.register("ann").await;
    outbox.execute("ALTER TABLE users.email_outbox RENAME TO email_outbox_away").await;
    outbox.start(provider.transport(), FAST);
    until("a complaint", async || !log.lines("ERROR", "the outbox cannot be read").is_empty()).await;
    outbox.execute("ALTER TABLE users.email_outbox_away RENAME TO email_outbox").await;
    until("sending", async || outbox.row(ann).await.is_none()).await;
}

#[tokio::test]
async fn a_mail_that_takes_longer_than_its_lease_is_sent_once() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderMood::Slow(Duration::from_secs(3))).await;
    let ann = outbox.register("ann").await;
    let timings = MailTimings { lease: Duration::from_secs(1), send_limit: Duration::from_mins(1), ..FAST };
    outbox.start(provider.transport(), timings);
    until("an attempt", async || provider.request_count() == 1).await;
    outbox.start(provider.transport(), timings);
    until("sending", async || outbox.row(ann).await.is_none()).await;
    assert_eq!(provider.request_count(), 1);
}

/// Delays as in production, but for the times that this test would have to wait for.
const AFTER_HOURS: MailTimings = MailTimings {
    first_delay: Duration::from_mins(10),
    longest_delay: Duration::from_mins(15),
    probe: Duration::from_secs(1),
    poll: Duration::from_millis(200),
    ..FAST
};

#[tokio::test]
async fn after_an_outage_the_first_mail_that_gets_through_takes_the_others_along() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(ProviderMood::Status(503)).await;
    for number in 0..50 {
        outbox.register(&format!("user{number}")).await;
    }
    outbox.start(provider.transport(), AFTER_HOURS);
    until("failing", async || provider.request_count() >= 52).await;
    // All wait for ten minutes by now, but for one that sees whether the provider is back.
    provider.answer(|_| OK);
    until("sending", async || outbox.is_empty().await).await;
    assert_eq!(provider.accepted().len(), 50);
}

#[tokio::test]
async fn a_mail_that_fails_while_others_get_through_waits_its_time() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    provider.answer(|mail| if mail.to.starts_with("full") { ProviderMood::Status(503) } else { OK });
    let full = outbox.register("full").await;
    outbox.start(provider.transport(), MailTimings { probe: Duration::from_mins(1), ..AFTER_HOURS });
    for number in 0..20 {
        outbox.register(&format!("user{number}")).await;
        outbox.wake.notify_one();
        until("sending", async || provider.accepted().len() == number + 1).await;
    }
    let row = outbox.row(full).await.expect("waits");
    assert!(row.attempts <= 2, "tried {} times", row.attempts);
}

#[tokio::test]
async fn when_all_senders_hang_the_mail_goes_out_once_the_provider_is_back() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    server.set(Behavior { delay: Duration::from_secs(20), ..SMTP_OK });
    for number in 0..4 {
        outbox.register(&format!("user{number}")).await;
    }
    let timings = MailTimings { send_limit: Duration::from_hours(1), grace: Duration::from_secs(1), ..AFTER_HOURS };
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), timings);
    until("hanging", async || server.recipients().len() == timings.senders).await;
    server.set(SMTP_OK);
    outbox.register("ann").await;
    let start = Instant::now();
    until("sending", async || outbox.is_empty().await).await;
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert_eq!(server.mails().len(), timings.senders + 1, "each once");
}

#[tokio::test]
async fn a_large_backlog_drains_quickly() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    outbox
        .execute(
            "WITH people AS (
                 INSERT INTO users.users (id, email, username, password_hash)
                 SELECT gen_random_uuid(), n || '@example.org', 'user' || n, '' FROM generate_series(1, 60000) n RETURNING id),
             verifications AS (
                 INSERT INTO users.email_verifications (id, user_id, expires_at)
                 SELECT gen_random_uuid(), id, now() + interval '1 day' FROM people RETURNING id)
             INSERT INTO users.email_outbox (id, verification_id, due_at)
             SELECT gen_random_uuid(), id, now() - random() * interval '1 hour' FROM verifications",
        )
        .await;
    outbox.start(provider.transport(), MailTimings::default());
    until("a start", async || provider.request_count() >= 100).await;
    // In the 30 s that this may take; sorting all that is due for each claim takes longer.
    until("many mails", async || provider.request_count() >= 2100).await;
}
