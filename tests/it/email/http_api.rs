//! The Email Provider's HTTP API, including its failures: USER-INFRA-001.3, USER-BE-001.2

use std::time::{Duration, Instant, SystemTime};

use kith::base::random::{decode_owned, sha256};
use kith::domain::accounts::verification;
use kith::email::timings::MailTimings;
use kith::email::transport::Transport;
use tokio::net::TcpListener;

use crate::support::database::database;
use crate::support::log::Log;
use crate::support::mail::{API_KEY, Mail};
use crate::support::outbox::{FAST, Outbox, wait_until};
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
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;

    let mails = provider.accepted();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mail.to.as_str(), mail.from.as_str()), ("ann@example.org", "Kith <no-reply@kith.example>"));
    assert_eq!(mail.subject, "Confirm your email address");
    let token = token(mail);
    assert_eq!(outbox.token_hash(ann).await, Some(sha256(&decode_owned(token).expect("an owner and a secret").1)));
    assert!(mail.html.contains(&format!("href=\"https://kith.example/verify-email?token={token}\"")));
    assert!(!outbox.is_verified(ann).await);
}

#[tokio::test]
async fn user_infra_001_3_s1_a_failure_is_logged_the_user_is_kept_and_a_retry_succeeds() {
    let log = Log::capture();
    let outbox = Outbox::create().await;
    let provider = Provider::start(Behavior::Status(500)).await;
    let ann = outbox.register("ann").await;
    outbox.start(provider.transport(), FAST);
    wait_until("three attempts", async || provider.request_count() >= 3).await;
    assert!(!outbox.is_verified(ann).await);
    assert_eq!(outbox.row(ann).await.expect("the mail is still queued").last_error.as_deref(), Some("HTTP 500"));
    assert!(log.lines("WARN", "mail not sent").len() >= 2, "{}", log.text());

    provider.set_behavior(|_| OK);
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    let mails = provider.accepted();
    assert_eq!(mails.len(), 1);
    // The delivered link is the valid one.
    assert_eq!(
        outbox.token_hash(ann).await,
        Some(sha256(&decode_owned(token(&mails[0])).expect("an owner and a secret").1))
    );
    assert!(!log.text().contains("ann@"), "an address in the log");
    assert!(!log.text().contains(token(&mails[0])), "a token in the log");
}

#[tokio::test]
async fn mail_rejected_by_the_api_is_retried_and_does_not_hold_up_others() {
    for status in [400, 402, 413, 422] {
        let outbox = Outbox::create().await;
        let provider = Provider::start(OK).await;
        provider.set_behavior(move |mail| if mail.to.starts_with("poison") { Behavior::Status(status) } else { OK });
        let poison = outbox.register("poison").await;
        let ann = outbox.register("ann").await;
        outbox.start(provider.transport(), FAST);
        wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
        wait_until("two attempts", async || outbox.row(poison).await.is_some_and(|row| row.attempts >= 2)).await;
        let row = outbox.row(poison).await.expect("the mail is still queued");
        assert_eq!((row.dead, row.last_error), (false, Some(format!("HTTP {status}"))));
        provider.set_behavior(|_| OK);
        wait_until("the mail is sent", async || outbox.row(poison).await.is_none()).await;
    }
}

#[tokio::test]
async fn retry_after_pauses_all_mail_to_the_provider() {
    let seconds = || "2".to_owned();
    let date = || httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(5));
    let waits: [(u16, fn() -> String); 4] = [(429, seconds), (503, seconds), (429, date), (503, date)];
    for (status, wait) in waits {
        let outbox = Outbox::create().await;
        let wait = wait();
        let provider = Provider::start(Behavior::RetryAfter(status, wait.clone().leak())).await;
        let ann = outbox.register("ann").await;
        outbox.start(provider.transport(), FAST);
        wait_until("an attempt", async || outbox.row(ann).await.is_some_and(|row| row.last_error.is_some())).await;
        let start = Instant::now();
        provider.set_behavior(|_| OK);
        // The pause applies to other mail too.
        let ben = outbox.register("ben").await;
        outbox.wake.notify_one();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(provider.request_count(), 1, "{status} Retry-After: {wait}");
        wait_until("the mail is sent", async || outbox.row(ann).await.is_none() && outbox.row(ben).await.is_none())
            .await;
        assert!(start.elapsed() > Duration::from_millis(1500), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn mail_rejected_because_of_a_wrong_key_is_retried_and_not_given_up() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(Behavior::Status(401)).await;
    let ann = outbox.register("ann").await;
    outbox.start(provider.transport(), FAST);
    wait_until("three attempts", async || provider.request_count() >= 3).await;
    assert!(!outbox.row(ann).await.expect("the mail is still queued").dead);
    provider.set_behavior(|_| OK);
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
}

#[tokio::test]
async fn a_hanging_send_times_out_and_does_not_hold_up_others() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    provider.set_behavior(|mail| if mail.to.starts_with("slow") { Behavior::Hang } else { OK });
    let timings = MailTimings { send_limit: Duration::from_secs(2), lease: Duration::from_secs(30), ..FAST };
    let slow = outbox.register("slow").await;
    outbox.start(provider.transport(), timings);
    wait_until("an attempt", async || provider.request_count() == 1).await;
    let start = Instant::now();
    let ann = outbox.register("ann").await;
    outbox.wake.notify_one();
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());

    wait_until("the send times out", async || outbox.row(slow).await.is_some_and(|row| row.last_error.is_some())).await;
    assert_eq!(outbox.row(slow).await.expect("still queued").last_error.as_deref(), Some("no response in time"));
    provider.set_behavior(|_| OK);
    wait_until("the mail is sent", async || outbox.row(slow).await.is_none()).await;
}

#[tokio::test]
async fn every_link_sent_to_a_slow_provider_for_one_verification_works() {
    for chosen in 0..3 {
        let outbox = Outbox::create().await;
        let provider = Provider::start(Behavior::Hang).await;
        let ann = outbox.register("ann").await;
        outbox.start(provider.transport(), FAST);
        wait_until("two attempts", async || provider.request_count() >= 2).await;
        provider.set_behavior(|_| OK);
        wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
        let mails = provider.received();
        let token = token(&mails[chosen]);
        verification::verify(&database(&outbox.pool).await, token)
            .await
            .unwrap_or_else(|error| panic!("link {chosen}: {error:?}"));
        assert!(outbox.is_verified(ann).await);
        // Once the address is verified, every link reports success.
        for mail in &mails {
            verification::verify(&database(&outbox.pool).await, self::token(mail)).await.expect("verified");
        }
    }
}

#[tokio::test]
async fn mail_is_delivered_when_the_provider_is_back_up() {
    let outbox = Outbox::create().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("http://{address}/send"), API_KEY), FAST);
    wait_until("two attempts", async || outbox.row(ann).await.is_some_and(|row| row.attempts >= 2)).await;
    let error = outbox.row(ann).await.expect("still queued").last_error;
    assert_eq!(error.as_deref(), Some("cannot connect to the HTTP API"));

    let provider = Provider::start_on(TcpListener::bind(address).await.expect("the same port"), OK);
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    assert_eq!(provider.accepted().len(), 1);
}

#[tokio::test]
async fn redirects_are_not_followed_with_the_key() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(Behavior::Redirect).await;
    let ann = outbox.register("ann").await;
    outbox.start(provider.transport(), FAST);
    wait_until("an attempt", async || outbox.row(ann).await.is_some_and(|row| row.last_error.is_some())).await;
    assert_eq!(outbox.row(ann).await.expect("still queued").last_error.as_deref(), Some("HTTP 307"));
}

#[tokio::test]
async fn mail_waits_while_no_provider_is_configured() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    outbox.start(Transport::Unset, FAST);
    wait_until("two attempts", async || outbox.row(ann).await.is_some_and(|row| row.attempts >= 2)).await;
    let row = outbox.row(ann).await.expect("still queued");
    assert_eq!((row.dead, row.last_error.as_deref()), (false, Some("EMAIL_PROVIDER_URL is not set")));
}
