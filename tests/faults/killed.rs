//! A service that is killed a hundred times in the midst of its work.

mod clients;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use fastrand::Rng;
use kith::domain::graph::follow_counts;
use nix::sys::signal::Signal;
use serde_json::json;
use sqlx::PgPool;

use self::traffic::Traffic;
use crate::service::{Caller, Instance, User, World, email, lasting_address};
use crate::support::outbox::wait_until;
use crate::support::picture::files;
use crate::support::response::TestResponse;

const KILLS: usize = 100;
/// How long a process lives once it is ready, in percent of the time that it took to start. Some live long enough to
/// do anything at all, such as checking a password for the first time.
const LIFETIMES: [std::ops::Range<u32>; 4] = [5..20, 20..50, 20..50, 100..250];
/// How many requests of each kind must have been cut off, so that the test means something.
const MIN_INTERRUPTED: u32 = 5;

/// The seed of a run, which a failed test prints. The same seed gives the same lifetimes and requests, though not the
/// same timing.
fn seed() -> u64 {
    let seed = std::env::var("KITH_FAULTS_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("KITH_FAULTS_SEED={seed}");
    seed
}

/// Records each mail that is queued.
async fn record_mails(pool: &PgPool) {
    sqlx::raw_sql(
        "CREATE TABLE public.queued (kind text, verification_id uuid, recipient_id uuid);
         CREATE FUNCTION public.record_mail() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             INSERT INTO public.queued VALUES (NEW.kind, NEW.verification_id, NEW.recipient_id);
             RETURN NULL;
         END $$;
         CREATE TRIGGER record_mail AFTER INSERT ON users.email_outbox
         FOR EACH ROW EXECUTE FUNCTION public.record_mail()",
    )
    .execute(pool)
    .await
    .unwrap();
}

/// Waits until PostgreSQL has noticed that the process is gone: it finishes the statements that it was sent.
async fn wait_until_disconnected(pool: &PgPool) {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'
                  AND pid <> pg_backend_pid()";
    wait_until("the connections of the process are closed", async || {
        sqlx::query_scalar::<_, i64>(others).fetch_one(pool).await.unwrap() == 0
    })
    .await;
}

/// Ends the leases of a killed process, as time would. Uploads that it has not finished stay reserved.
async fn expire_leases(pool: &PgPool) {
    sqlx::raw_sql(
        "DELETE FROM users.leases;
         UPDATE users.avatar_removals SET due_at = now() WHERE attempts > 0;
         UPDATE users.email_outbox SET due_at = now() WHERE send_at IS NULL AND attempts > 0;
         UPDATE users.email_outbox SET send_at = now() WHERE send_at IS NOT NULL AND attempts > 0",
    )
    .execute(pool)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_killed_a_hundred_times_keeps_what_it_has_acknowledged() {
    let seed = seed();
    let (world, address, mut random) = (World::create().await, lasting_address(), Rng::with_seed(seed));
    let pool = &world.database.pool;
    record_mails(pool).await;
    let start = async || {
        let mut command = world.serve(&address);
        command.env("RATE_LIMITS", "off").env("DELETION_GRACE_DAYS", "0");
        Instance::start(command, &address).await
    };
    let started = Instant::now();
    let mut instance = start().await;
    let mut start_time = started.elapsed();
    let names =
        ["star.1", "star.2", "star.3", "fan.1", "fan.2", "tab.1", "tab.2", "face.1", "face.2", "fan.3", "fan.4"];
    let [stars @ .., fan_1, fan_2, tab_1, tab_2, face_1, face_2, fan_3, fan_4] =
        instance.caller.signed_in(&world, names).await;
    let stars: [User; 3] = stars;
    let traffic = Arc::new(Traffic::new(Caller::new(&address), pool.clone(), seed));

    let work = async {
        tokio::join!(
            clients::register(&traffic, 1),
            clients::register(&traffic, 2),
            clients::follow(&traffic, 3, &fan_1, &stars),
            clients::follow(&traffic, 4, &fan_2, &stars),
            clients::refresh(&traffic, "tab.1", &tab_1),
            clients::refresh(&traffic, "tab.2", &tab_2),
            clients::upload(&traffic, 5, &face_1),
            clients::upload(&traffic, 6, &face_2),
            clients::delete(&traffic, 7, &fan_3, &stars[0]),
            clients::delete(&traffic, 8, &fan_4, &stars[1]),
        )
    };
    let kills = async {
        for kill in 0..KILLS {
            let percent = random.u32(LIFETIMES[kill % LIFETIMES.len()].clone());
            tokio::time::sleep(start_time * percent / 100).await;
            instance.process.signal(Signal::SIGKILL);
            traffic.is_up.send_replace(false);
            drop(instance);
            wait_until_disconnected(pool).await;
            assert_eq!(follow_counts::drift(&pool.clone().into()).await.unwrap(), []);
            expire_leases(pool).await;
            let started = Instant::now();
            instance = start().await;
            start_time = started.elapsed();
            traffic.is_up.send_replace(true);
        }
        traffic.stop.cancel();
        instance
    };
    let (done, instance) = tokio::join!(work, kills);
    drop(instance);
    let ((mut names, rest), (more_names, more), follows_1, follows_2, (), (), picture_1, picture_2, gone_1, gone_2) =
        done;
    println!("interrupted: {:?}", traffic.interrupted());

    // Follows and their counts.
    assert_eq!(follows(pool, &fan_1).await, followed(&follows_1));
    assert_eq!(follows(pool, &fan_2).await, followed(&follows_2));
    assert_eq!(follow_counts::drift(&pool.clone().into()).await.unwrap(), []);

    // The time has come to remove what unfinished uploads have stored.
    expire_leases(pool).await;
    let unfinished = "UPDATE users.avatar_removals SET due_at = now()";
    sqlx::query(unfinished).execute(pool).await.unwrap();
    let instance = start().await;
    wait_until("the accounts are erased", async || {
        let left = "SELECT count(*) FROM users.users WHERE deletes_at IS NOT NULL";
        sqlx::query_scalar::<_, i64>(left).fetch_one(pool).await.unwrap() == 0
    })
    .await;
    drop(instance);
    // Otherwise, it would look for unused pictures every 15 s.
    let instance = start().await;
    for table in ["email_outbox", "avatar_removals", "hidden_follows", "hidings"] {
        wait_until(&format!("no row is left in {table}"), async || world.count(table).await == 0).await;
    }

    // Pictures.
    let mut kept = BTreeSet::new();
    for picture in [picture_1, picture_2] {
        let file = picture.strip_prefix("/avatars/").unwrap().to_owned();
        kept.extend([file.replace("/512.", "/128."), file].map(|file| world.store.path().join(file)));
    }
    assert_eq!(files(world.store.path()).into_iter().collect::<BTreeSet<PathBuf>>(), kept);

    // Deletions.
    for id in gone_1.iter().chain(&gone_2) {
        expect_erased(pool, id).await;
    }
    assert_eq!(follow_counts::drift(&pool.clone().into()).await.unwrap(), []);

    // Registrations: one account, one mail, and a link that works.
    names.extend(more_names);
    for name in names.iter().chain(&rest).chain(&more) {
        expect_registered(pool, name).await;
    }
    for name in names.into_iter().chain(rest.into_iter().chain(more).take(20)) {
        let mails = world.mailbox.tokens(&email(&name), "/verify-email", 1).await;
        let verify = json!({ "token": mails.last().unwrap() });
        TestResponse::of(instance.caller.post("/auth/verify-email", &verify)).await.expect(200);
        TestResponse::of(instance.caller.login(&name)).await.expect(200);
    }

    let interrupted = traffic.interrupted();
    for kind in ["register", "refresh", "follow", "upload", "delete"] {
        let times = interrupted.get(kind).copied().unwrap_or_default();
        assert!(times >= MIN_INTERRUPTED, "{kind} was interrupted only {times} times");
    }
}

/// The stars that the user follows, according to the client.
fn followed(follows: &BTreeMap<&str, bool>) -> Vec<String> {
    follows.iter().filter(|(_, follows)| **follows).map(|(star, _)| (*star).to_owned()).collect()
}

/// The stars that the user follows, according to the database.
async fn follows(pool: &PgPool, user: &User) -> Vec<String> {
    let follows = "SELECT followee_id::text FROM users.follows WHERE follower_id = $1::uuid ORDER BY 1";
    sqlx::query_scalar(follows).bind(&user.id).fetch_all(pool).await.unwrap()
}

/// Panics unless an account was erased completely, and once.
async fn expect_erased(pool: &PgPool, id: &str) {
    let records: (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM users.users WHERE id = $1::uuid),
                (SELECT count(*) FROM users.audit_log WHERE target = $1::uuid AND action = 'account.deleted'),
                (SELECT count(*) FROM users.events WHERE subject = $1::uuid AND type = 'user.deleted'),
                (SELECT count(*) FROM public.queued WHERE recipient_id = $1::uuid AND kind = 'notice')",
    )
    .bind(id)
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(records, (0, 1, 1, 1), "{id}: account, audit log, events and notices");
}

/// Panics unless a user was registered once, with one mail.
async fn expect_registered(pool: &PgPool, name: &str) {
    let rows: (i64, i64, i64) = sqlx::query_as(
        "SELECT count(DISTINCT u.id), count(DISTINCT v.id), count(q.verification_id) FROM users.users u
         LEFT JOIN users.email_verifications v ON v.user_id = u.id
         LEFT JOIN public.queued q ON q.verification_id = v.id WHERE username = $1",
    )
    .bind(name)
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(rows, (1, 1, 1), "{name}: accounts, verifications and mails");
}
