//! One-time tokens in mail, each for a single purpose, and mail of kinds other than verification.

use std::time::Duration;

use futures::future::join_all;
use kith::domain::mail::link;
use kith::domain::sign_in::one_time_token::{Purpose, consume};
use kith::email::outbox::enqueue;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::support::mail::Mail;
use crate::support::outbox::{FAST, Outbox, wait_until};
use crate::support::provider::{Behavior, OK, Provider};

fn token(mail: &Mail) -> &str {
    let (_, rest) = mail.text.split_once("https://kith.example/sign-in-link?token=").expect("the link");
    rest.split_whitespace().next().expect("a token")
}

/// Creates a verified user who has requested a sign-in link.
async fn user_with_link_request(outbox: &Outbox) -> Uuid {
    let ann = outbox.register("ann").await;
    outbox.execute("DELETE FROM users.email_outbox").await;
    outbox.execute("UPDATE users.users SET email_verified = true").await;
    outbox.enqueue(link::SIGN_IN.request(ann)).await;
    ann
}

async fn use_token(outbox: &Outbox, purpose: Purpose, token: &str) -> Option<Uuid> {
    let mut connection = outbox.pool.acquire().await.expect("a connection");
    consume(&mut connection, purpose, token).await.expect("a result").map(|presented| presented.user)
}

#[tokio::test]
async fn a_sign_in_link_is_emailed_and_works_once_and_only_for_its_purpose() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    let ann = user_with_link_request(&outbox).await;
    outbox.start(provider.transport(), FAST);
    wait_until("the mail is sent", async || outbox.is_empty().await).await;
    let mails = provider.accepted();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("ann@example.org", "Your sign-in link"));
    assert!(mail.text.contains("15 minutes"), "{}", mail.text);
    let token = token(mail);

    assert_eq!(use_token(&outbox, Purpose::VerifyEmail, token).await, None, "wrong purpose");
    assert_eq!(use_token(&outbox, Purpose::SignIn, &token[1..]).await, None, "malformed");
    assert_eq!(use_token(&outbox, Purpose::SignIn, &"A".repeat(43)).await, None, "unknown");
    assert_eq!(use_token(&outbox, Purpose::SignIn, token).await, Some(ann));
    assert_eq!(use_token(&outbox, Purpose::SignIn, token).await, None, "used already");
}

#[tokio::test]
async fn a_sign_in_link_is_valid_for_fifteen_minutes() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    let ann = user_with_link_request(&outbox).await;
    outbox.start(provider.transport(), FAST);
    wait_until("the mail is sent", async || outbox.is_empty().await).await;
    let mail = provider.accepted().remove(0);
    outbox
        .execute("UPDATE users.one_time_tokens SET expires_at = earlier(expires_at, interval '14 minutes 50 seconds')")
        .await;
    assert_eq!(use_token(&outbox, Purpose::SignIn, token(&mail)).await, Some(ann));
    outbox
        .execute(
            "UPDATE users.one_time_tokens SET used_at = NULL, expires_at = earlier(expires_at, interval '10 seconds')",
        )
        .await;
    assert_eq!(use_token(&outbox, Purpose::SignIn, token(&mail)).await, None);
}

#[tokio::test]
async fn a_sign_in_link_that_cannot_be_sent_in_time_is_given_up() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(OK).await;
    user_with_link_request(&outbox).await;
    outbox.execute("UPDATE users.email_outbox SET created_at = now() - interval '15 minutes'").await;
    outbox.start(provider.transport(), FAST);
    wait_until("the mail is given up", async || outbox.dead().await == 1).await;
    assert_eq!(provider.request_count(), 0);
}

#[tokio::test]
async fn concurrent_clicks_on_all_links_of_one_request_sign_in_once() {
    let outbox = Outbox::create().await;
    let provider = Provider::start(Behavior::Hang).await;
    let ann = user_with_link_request(&outbox).await;
    // The provider has the mail but does not confirm it, so it gets another one.
    outbox.start(provider.transport(), FAST);
    wait_until("two attempts", async || provider.request_count() >= 2).await;
    provider.set_behavior(|_| OK);
    wait_until("the mail is sent", async || outbox.is_empty().await).await;
    let tokens: Vec<String> = provider.received().iter().map(|mail| token(mail).to_owned()).collect();
    assert!(tokens.len() >= 3, "{tokens:?}");

    let pool = PgPoolOptions::new().max_connections(12).connect_with((*outbox.pool.connect_options()).clone());
    let pool = pool.await.expect("a pool");
    let clicks = join_all(tokens.iter().cycle().take(24).map(|token| async {
        let mut connection = pool.acquire().await.expect("a connection");
        consume(&mut connection, Purpose::SignIn, token).await.expect("a result").map(|presented| presented.user)
    }));
    assert_eq!(clicks.await.into_iter().flatten().collect::<Vec<_>>(), [ann]);
}

/// The statement that versions before migration 0011 use to claim the next row.
const OLDER_CLAIM: &str =
    "UPDATE users.email_outbox SET attempts = attempts + 1, due_at = now() + make_interval(secs => 60)
     WHERE id = (SELECT id FROM users.email_outbox
                 WHERE dead_at IS NULL AND due_at <= now()
                 ORDER BY attempts > 0, due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING id, verification_id, attempts";

#[tokio::test]
async fn an_older_instance_claims_only_the_kind_of_mail_it_knows() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    outbox.enqueue(link::SIGN_IN.request(ann)).await;
    let claim = async || -> Option<(Uuid, Uuid, i32)> {
        sqlx::query_as(OLDER_CLAIM).fetch_optional(&outbox.pool).await.expect("rows that the older version can read")
    };
    assert!(claim().await.is_some_and(|(_, _, attempts)| attempts == 1));
    assert_eq!(claim().await, None);
    // Its lease protects the row from this version, which sends the other kind.
    let provider = Provider::start(OK).await;
    outbox.start(provider.transport(), FAST);
    wait_until("the mail is sent", async || provider.accepted().len() == 1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(provider.accepted().len(), 1);
    assert_eq!(provider.accepted()[0].subject, "Your sign-in link");
}

#[tokio::test]
async fn mail_that_an_older_instance_has_queued_without_its_user_is_sent() {
    let outbox = Outbox::create().await;
    outbox.register("ann").await;
    outbox.execute("UPDATE users.email_outbox SET recipient_id = NULL").await;
    let provider = Provider::start(OK).await;
    outbox.start(provider.transport(), FAST);
    wait_until("the mail is sent", async || outbox.is_empty().await).await;
    assert_eq!(provider.accepted().len(), 1);
}

#[tokio::test]
async fn mail_of_a_newer_kind_is_left_to_newer_instances() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    outbox
        .execute(
            "INSERT INTO users.email_outbox (id, kind, recipient_id, due_at, send_at)
             SELECT gen_random_uuid(), 'of a newer version', id, 'infinity', now() - interval '1 hour' FROM users.users",
        )
        .await;
    let provider = Provider::start(OK).await;
    outbox.start(provider.transport(), FAST);
    wait_until("the mail is sent", async || outbox.row(ann).await.is_none()).await;
    let attempts: Vec<i32> =
        sqlx::query_scalar("SELECT attempts FROM users.email_outbox").fetch_all(&outbox.pool).await.expect("rows");
    assert_eq!(attempts, [0]);
}

#[tokio::test]
async fn a_rollback_discards_the_mail_enqueued_in_its_transaction() {
    let outbox = Outbox::create().await;
    let ann = outbox.register("ann").await;
    outbox.execute("DELETE FROM users.email_outbox").await;
    let mut transaction = outbox.pool.begin().await.expect("a transaction");
    enqueue(&mut transaction, link::SIGN_IN.request(ann)).await.expect("a row");
    transaction.rollback().await.expect("a rollback");
    assert!(outbox.is_empty().await);
}
