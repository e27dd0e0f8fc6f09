//! The Email Provider's HTTP API, in all its moods: USER-INFRA-001.3, USER-BE-001.2

use std::time::{Duration, Instant, SystemTime};

use kith::base::random::{decode, sha256};
use kith::domain::accounts::verification;
use kith::email::timings::MailTimings;
use kith::email::transport::Transport;
use tokio::net::TcpListener;

use crate::support::database::database;
use crate::support::log::Log;
use crate::support::mail::{API_KEY, Mail};
use crate::support::outbox::{FAST, Outbox, until};
use crate::support::provider::{Behavior, OK, Provider, transport};

fn token(mail: &Mail) -> &str {
    let (_, rest) = mail.text.split_once("https://kith.example/verify-email?token=").expect("the link");
    rest.split_whitespace().next().expect("a token")
}

#[tokio::test]
async fn user_infra_001_3_s1_the_provider_is_called_with_the_verification_url() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    let ann = outbox.register("ann").await;
    assert_eq!(outbox.token_hash(ann).await, None);
    outbox.start(provider.transport(), FAST);
    until("sending", async || outbox.row(ann).await.is_none()).await;

    let mails = provider.accepted();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mail.to.as_str(), mail.from.as_str()), ("ann@example.org", "Kith <no-reply@kith.example>"));
    assert_eq!(mail.subject, "Confirm your email address");
    let token = token(mail);
    assert_eq!(outbox.token_hash(ann).await, Some(sha256(&decode(token).expect("256 bits"))));
    assert!(mail.html.contains(&format!("href=\"https://kith.example/verify-email?token={token}\"")));
    assert!(!outbox.is_verified(ann).await);
}

#[tokio::test]
async fn user_infra_001_3_s1_a_failure_is_logged_and_keeps_the_user_and_a_retry_succeeds() {
    let log = Log::capture();
    let outbox = Outbox::create().await;
    let provider = Provider::start(Behavior::Status(500)).await;
    let ann = outbox.register("ann").await;
    outbox.start(provider.transport(), FAST);
    until("three attempts", async || provider.request_count() >= 3).await;
    assert!(!outbox.is_verified(ann).await);
    assert_eq!(outbox.row(ann).await.expect("the mail still waits").last_error.as_deref(), Some("HTTP 500"));
    assert!(log.lines("WARN", "mail not sent").len() >= 2, "{}", log.text());

    provider.answer(|_| OK);
    until("sending", async || outbox.row(ann).await.is_none()).await;
    let mails = provider.accepted();
    assert_eq!(mails.len(), 1);
    // The link that arrived is the one that counts.
    assert_eq!(outbox.token_hash(ann).await, Some(sha256(&decode(token(&mails[0])).expect("256 bits"))));
    assert!(!log.text().contains("ann@"), "an address in the log");
    assert!(!log.text().contains(token(&mails[0])), "a token in the log");
}

#[tokio::test]
async fn what_an_api_refuses_is_ours_to_correct_and_holds_up_nobody() {
    for status in [400, 402, 413, 422] {
        let outbox = Outbox::create().await;
        let provider = Provider::start(OK).await;
        provider.answer(move |mail| if mail.to.starts_with("poison") { Behavior::Status(status) } else { OK });
        let poison = outbox.register("poison").await;
        let ann = outbox.register("ann").await;
        outbox.start(provider.transport(), FAST);
        until("sending", async || outbox.row(ann).await.is_none()).await;
        until("two attempts", async || outbox.row(poison).await.is_some_and(|row| row.attempts >= 2)).await;
        let row = outbox.row(poison).await.expect("the mail still waits");
        assert_eq!((row.dead, row.last_error), (false, Some(format!("HTTP {status}"))));
        provider.answer(|_| OK);
        until("sending", async || outbox.row(poison).await.is_none()).await;
    }
}

#[tokio::test]
async fn a_provider_that_asks_for_a_pause_gets_it() {
    let seconds = || "2".to_owned();
    let date = || httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3));
    let waits: [(u16, fn() -> String); 4] = [(429, seconds), (503, seconds), (429, date), (503, date)];
    for (status, wait) in waits {
        let wait = wait();
        let outbox = Outbox::create().await;
        let provider = Provider::start(Behavior::Later(status, wait.clone().leak())).await;
        let ann = outbox.register("ann").await;
        outbox.start(provider.transport(), FAST);
        until("an attempt", async || outbox.row(ann).await.is_some_and(|row| row.last_error.is_some())).await;
        let start = Instant::now();
        provider.answer(|_| OK);
        // Nor does it want other mail.
        let ben = outbox.register("ben").await;
        outbox.wake.notify_one();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(provider.request_count(), 1, "{status} Retry-After: {wait}");
        until("sending", async || outbox.row(ann).await.is_none() && outbox.row(ben).await.is_none()).await;
        assert!(start.elapsed() > Duration::from_millis(1500), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn a_wrong_key_refuses_everybody_so_nobody_is_given_up() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(Behavior::Status(401)).await;
    let ann = outbox.register("ann").await;
    outbox.start(provider.transport(), FAST);
    until("three attempts", async || provider.request_count() >= 3).await;
    assert!(!outbox.row(ann).await.expect("the mail still waits").dead);
    provider.answer(|_| OK);
    until("sending", async || outbox.row(ann).await.is_none()).await;
}

#[tokio::test]
async fn a_provider_that_hangs_is_left_and_others_do_not_wait() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    provider.answer(|mail| if mail.to.starts_with("slow") { Behavior::Hang } else { OK });
    let timings = MailTimings { send_limit: Duration::from_secs(2), lease: Duration::from_secs(30), ..FAST };
    let slow = outbox.register("slow").await;
    outbox.start(provider.transport(), timings);
    until("an attempt", async || provider.request_count() == 1).await;
    let start = Instant::now();
    let ann = outbox.register("ann").await;
    outbox.wake.notify_one();
    until("sending", async || outbox.row(ann).await.is_none()).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());

    until("leaving", async || outbox.row(slow).await.is_some_and(|row| row.last_error.is_some())).await;
    assert_eq!(outbox.row(slow).await.expect("waits").last_error.as_deref(), Some("no answer in time"));
    provider.answer(|_| OK);
    until("sending", async || outbox.row(slow).await.is_none()).await;
}

#[tokio::test]
async fn every_link_that_a_slow_provider_was_given_for_one_verification_works() {
    for chosen in 0..3 {
        let outbox = Outbox::create().await;
        let provider = Provider::start(Behavior::Hang).await;
        let ann = outbox.register("ann").await;
        outbox.start(provider.transport(), FAST);
        until("two attempts", async || provider.request_count() >= 2).await;
        provider.answer(|_| OK);
        until("sending", async || outbox.row(ann).await.is_none()).await;
        let mails = provider.seen();
        let token = token(&mails[chosen]);
        verification::verify(&database(&outbox.pool).await, token)
            .await
            .unwrap_or_else(|error| panic!("link {chosen}: {error:?}"));
        assert!(outbox.is_verified(ann).await);
        // Any link is friendly once the address is verified.
        for mail in &mails {
            verification::verify(&database(&outbox.pool).await, self::token(mail)).await.expect("verified");
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_down_gets_the_mail_when_it_is_back() {
    let outbox = Outbox::create().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("http://{address}/send"), API_KEY), FAST);
    until("two attempts", async || outbox.row(ann).await.is_some_and(|row| row.attempts >= 2)).await;
    let error = outbox.row(ann).await.expect("waits").last_error;
    assert_eq!(error.as_deref(), Some("cannot connect to the HTTP API"));

    let provider = Provider::start_on(TcpListener::bind(address).await.expect("the same port"), OK);
    until("sending", async || outbox.row(ann).await.is_none()).await;
    assert_eq!(provider.accepted().len(), 1);
}

#[tokio::test]
async fn the_key_does_not_follow_a_redirect() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(Behavior::Redirect).await;
    let ann = outbox.register("ann").await;
    outbox.start(provider.transport(), FAST);
    until("an attempt", async || outbox.row(ann).await.is_some_and(|row| row.last_error.is_some())).await;
    assert_eq!(outbox.row(ann).await.expect("waits").last_error.as_deref(), Some("HTTP 307"));
}

#[tokio::test]
async fn without_a_provider_mail_waits() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    outbox.start(Transport::Unset, FAST);
    until("two attempts", async || outbox.row(ann).await.is_some_and(|row| row.attempts >= 2)).await;
    let row = outbox.row(ann).await.expect("waits");
    assert_eq!((row.dead, row.last_error.as_deref()), (false, Some("EMAIL_PROVIDER_URL is not set")));
}
