//! Mail by SMTP, through a real server that takes, refuses and hangs.

use std::time::Duration;

use kith::email::timings::MailTimings;

use crate::support::log::Log;
use crate::support::outbox::{FAST, Outbox, Row, until};
use crate::support::provider::transport;
use crate::support::slow_smtp;
use crate::support::smtp::{Behavior, OK, SmtpServer, Step};

#[tokio::test]
async fn the_mail_arrives_as_text_and_html() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
    until("sending", async || outbox.row(ann).await.is_none()).await;
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
async fn an_unknown_recipient_is_given_up_at_once() {
    let log = Log::capture();
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    server.set(Behavior { code: 550, ..OK });
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
    until("giving up", async || outbox.row(ann).await.is_some_and(|row| row.dead)).await;
    let row = Row { attempts: 1, dead: true, last_error: Some("SMTP 550".to_owned()) };
    assert_eq!(outbox.row(ann).await, Some(row));
    assert!(!outbox.is_verified(ann).await);
    assert!(!log.text().contains("ann@"), "an address in the log: {}", log.text());
}

#[tokio::test]
async fn what_is_put_off_or_refused_for_other_reasons_is_tried_again() {
    for code in [451, 554] {
        let outbox = Outbox::create().await;
        let server = SmtpServer::start();
        server.set(Behavior { code, ..OK });
        let ann = outbox.register("ann").await;
        outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
        until("three attempts", async || server.recipients().len() >= 3).await;
        let row = outbox.row(ann).await.expect("waits");
        assert_eq!((row.dead, row.last_error), (false, Some(format!("SMTP {code}"))));
        server.set(OK);
        until("sending", async || outbox.row(ann).await.is_none()).await;
        assert_eq!(server.mails().len(), 1);
    }
}

#[tokio::test]
async fn a_refusal_that_would_hit_every_mail_loses_none() {
    for (step, code, said) in [
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
        server.set(Behavior { step, code, said, ..OK });
        let ann = outbox.register("ann").await;
        outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
        until("two attempts", async || outbox.row(ann).await.is_some_and(|row| row.attempts >= 2)).await;
        let row = outbox.row(ann).await.expect("waits");
        assert_eq!((row.dead, row.last_error), (false, Some(format!("SMTP {code}"))), "{said}");
        server.set(OK);
        until("sending", async || outbox.row(ann).await.is_none()).await;
        assert_eq!(server.mails().len(), 1, "{said}");
    }
}

/// RFC 5321, section 4.5.3.2: five minutes for the greeting, ten for the answer to the mail.
#[tokio::test]
async fn a_server_that_takes_its_time_gets_the_mail_once() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    let seconds = Duration::from_secs(11);
    let server = slow_smtp::start(seconds, seconds).await;
    let url = format!("smtp://127.0.0.1:{}", server.port);
    outbox.start(transport(&url, "key"), MailTimings::default());
    // A second instance must not think that the first has died.
    outbox.start(transport(&url, "key"), MailTimings { lease: Duration::from_secs(4), ..MailTimings::default() });
    until("sending", async || outbox.row(ann).await.is_none()).await;
    assert_eq!((server.said("EHLO").len(), server.said("DATA").len()), (1, 1));
}

#[tokio::test]
async fn a_server_that_says_no_goodbye_has_the_mail() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    let server = slow_smtp::start(Duration::ZERO, Duration::ZERO).await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), MailTimings::default());
    until("sending", async || outbox.row(ann).await.is_none()).await;
    assert_eq!((server.said("EHLO").len(), server.said("DATA").len()), (1, 1));
}

#[tokio::test]
async fn an_address_with_dots_out_of_place_is_quoted() {
    let outbox = Outbox::create().await;
    let server = slow_smtp::start(Duration::ZERO, Duration::ZERO).await;
    let ann = outbox.register("xyz.").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
    until("sending", async || outbox.row(ann).await.is_none()).await;
    assert_eq!(server.said("RCPT"), ["RCPT TO:<\"xyz.\"@example.org>"]);
    assert_eq!(server.said("To: "), ["To: \"xyz.\"@example.org"]);
}

#[tokio::test]
async fn a_server_that_hangs_is_left_and_tried_again() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    server.set(Behavior { delay: Duration::from_millis(800), ..OK });
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), FAST);
    until("leaving", async || outbox.row(ann).await.is_some_and(|row| row.last_error.is_some())).await;
    assert_eq!(outbox.row(ann).await.expect("waits").last_error.as_deref(), Some("no answer in time"));
    server.set(OK);
    until("sending", async || outbox.row(ann).await.is_none()).await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn smtps_does_not_talk_to_a_server_without_tls() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    let ann = outbox.register("ann").await;
    let url = format!("smtps://kith@127.0.0.1:{}", server.port);
    outbox.start(transport(&url, "password"), FAST);
    until("an attempt", async || outbox.row(ann).await.is_some_and(|row| row.last_error.is_some())).await;
    assert!(server.recipients().is_empty() && server.sign_ins().is_empty());
}
