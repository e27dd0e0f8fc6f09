//! Mail over SMTP, through real servers that accept, reject and hang.

use std::time::Duration;

use kith::email::timings::MailTimings;

use crate::support::log::Log;
use crate::support::outbox::{FAST, Outbox, Row, wait_until};
use crate::support::provider::transport;
use crate::support::slow_smtp;
use crate::support::smtp::{Behavior, OK, SmtpServer, Step};

#[tokio::test]
async fn the_mail_arrives_as_text_and_html() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    assert_eq!(server.recipients(), ["ann@example.org"]);
    let mails = server.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    for part in [
        "From: Kith <no-reply@kith.example>",
        "To: ann@example.org",
        "Subject: Confirm your email address",
        "Message-ID: ",
        "Date: ",
        "multipart/alternative",
        "text/plain; charset=utf-8",
        "text/html; charset=utf-8",
        "https://kith.example/verify-email?token",
    ] {
        assert!(mail.contains(part), "{part} is not in:\n{mail}");
    }
}

#[tokio::test]
async fn mail_to_an_unknown_recipient_is_given_up_immediately() {
    let log = Log::capture();
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    server.set_behavior(Behavior { code: 550, ..OK });
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
    wait_until("the mail is given up", async || outbox.row(ann).await.is_some_and(|row| row.dead)).await;
    let row = Row { attempts: 1, dead: true, last_error: Some("SMTP 550".to_owned()) };
    assert_eq!(outbox.row(ann).await, Some(row));
    assert!(!outbox.is_verified(ann).await);
    assert!(!log.text().contains("ann@"), "an address in the log: {}", log.text());
}

#[tokio::test]
async fn mail_deferred_or_rejected_for_other_reasons_is_retried() {
    for code in [451, 554] {
        let outbox = Outbox::create().await;
        let server = SmtpServer::start();
        server.set_behavior(Behavior { code, ..OK });
        let ann = outbox.register("ann").await;
        outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
        wait_until("three attempts", async || server.recipients().len() >= 3).await;
        let row = outbox.row(ann).await.expect("still queued");
        assert_eq!((row.dead, row.last_error), (false, Some(format!("SMTP {code}"))));
        server.set_behavior(OK);
        wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
        assert_eq!(server.mails().len(), 1);
    }
}

#[tokio::test]
async fn mail_is_not_lost_to_a_rejection_that_affects_all_mail() {
    for (step, code, text) in [
        (Step::Hello, 550, "Invalid HELO"),
        (Step::Sender, 550, "Sender verify failed"),
        (Step::Sender, 553, "5.1.8 Domain of sender address does not resolve"),
        (Step::Sender, 550, "No such user"),
        (Step::Recipient, 550, "relay not permitted"),
        (Step::Recipient, 554, "5.7.1 Relay access denied"),
        (Step::Recipient, 550, "Administrative prohibition"),
        (Step::Recipient, 552, "mailbox is full"),
        (Step::Content, 550, "spam"),
        (Step::Content, 550, "5.1.1 No such user"),
        (Step::Content, 554, "5.6.0 Message refused"),
    ] {
        let outbox = Outbox::create().await;
        let server = SmtpServer::start();
        server.set_behavior(Behavior { step, code, text, ..OK });
        let ann = outbox.register("ann").await;
        outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
        wait_until("two attempts", async || outbox.row(ann).await.is_some_and(|row| row.attempts >= 2)).await;
        let row = outbox.row(ann).await.expect("still queued");
        assert_eq!((row.dead, row.last_error), (false, Some(format!("SMTP {code}"))), "{text}");
        server.set_behavior(OK);
        wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
        assert_eq!(server.mails().len(), 1, "{text}");
    }
}

/// RFC 5321, section 4.5.3.2: clients wait five minutes for the greeting, and ten for the reply to the mail.
#[tokio::test]
async fn a_slow_server_gets_the_mail_once() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    let delay = Duration::from_secs(11);
    let server = slow_smtp::start(delay, delay).await;
    let url = format!("smtp://127.0.0.1:{}", server.port);
    outbox.start(transport(&url, "key"), MailTimings::default());
    // A second instance must not assume that the first one died.
    outbox.start(transport(&url, "key"), MailTimings { lease: Duration::from_secs(4), ..MailTimings::default() });
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    assert_eq!((server.received("EHLO").len(), server.received("DATA").len()), (1, 1));
}

#[tokio::test]
async fn mail_counts_as_sent_without_a_reply_to_quit() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    let server = slow_smtp::start(Duration::ZERO, Duration::ZERO).await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), MailTimings::default());
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    assert_eq!((server.received("EHLO").len(), server.received("DATA").len()), (1, 1));
}

#[tokio::test]
async fn an_address_with_misplaced_dots_is_quoted() {
    let outbox = Outbox::create().await;
    let server = slow_smtp::start(Duration::ZERO, Duration::ZERO).await;
    let ann = outbox.register("xyz.").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    assert_eq!(server.received("RCPT"), ["RCPT TO:<\"xyz.\"@example.org>"]);
    assert_eq!(server.received("To: "), ["To: \"xyz.\"@example.org"]);
}

#[tokio::test]
async fn a_hanging_server_times_out_and_the_mail_is_retried() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    server.set_behavior(Behavior { delay: Duration::from_millis(800), ..OK });
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
    wait_until("the send times out", async || outbox.row(ann).await.is_some_and(|row| row.last_error.is_some())).await;
    assert_eq!(outbox.row(ann).await.expect("still queued").last_error.as_deref(), Some("no response in time"));
    server.set_behavior(OK);
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn smtps_sends_no_mail_or_credentials_to_a_server_without_tls() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    let ann = outbox.register("ann").await;
    let url = format!("smtps://kith@127.0.0.1:{}", server.port);
    outbox.start(transport(&url, "password"), FAST);
    wait_until("an attempt", async || outbox.row(ann).await.is_some_and(|row| row.last_error.is_some())).await;
    assert!(server.recipients().is_empty() && server.sign_ins().is_empty());
}
