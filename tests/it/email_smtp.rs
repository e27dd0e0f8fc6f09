//! Mail by SMTP, through a real server that takes, refuses and hangs.

use std::time::Duration;

use crate::support::log::Log;
use crate::support::outbox::{HASTE, Outbox, Row, until};
use crate::support::provider::transport;
use crate::support::smtp::{Mood, OK, SmtpServer};

#[tokio::test]
async fn the_mail_arrives_as_text_and_html() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), HASTE);
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
    server.set(Mood { code: 550, ..OK });
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), HASTE);
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
        server.set(Mood { code, ..OK });
        let ann = outbox.register("ann").await;
        outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), HASTE);
        until("three attempts", async || server.recipients().len() >= 3).await;
        let row = outbox.row(ann).await.expect("waits");
        assert_eq!((row.dead, row.last_error), (false, Some(format!("SMTP {code}"))));
        server.set(OK);
        until("sending", async || outbox.row(ann).await.is_none()).await;
        assert_eq!(server.mails().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_left_and_tried_again() {
    let outbox = Outbox::create().await;
    let server = SmtpServer::start();
    server.set(Mood { delay: Duration::from_millis(800), ..OK });
    let ann = outbox.register("ann").await;
    outbox.start(transport(&format!("smtp://127.0.0.1:{}", server.port), "key"), HASTE);
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
    outbox.start(transport(&url, "password"), HASTE);
    until("an attempt", async || outbox.row(ann).await.is_some_and(|row| row.last_error.is_some())).await;
    assert!(server.recipients().is_empty() && server.sign_ins().is_empty());
}
