//! Requests that meet the hiding, restoring or erasing of an account.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use kith::base::lease::Lease;
use kith::base::sweep::SweepGuard;
use kith::domain::accounts::erasure::erase_due;
use kith::domain::accounts::settings::SelfService;
use kith::domain::graph::follow_counts;
use sqlx::{Connection as _, PgConnection};
use tokio_util::sync::CancellationToken;

use super::support::{
    delete, follows, keep, listed, number, pause_background, restore, restore_token, resume_background, test_users,
    wait_until_moved,
};
use crate::accounts::reject_account::schema_holds;
use crate::support::app::TestApp;
use crate::support::database::{blocked, lock_user, options};
use crate::support::outbox::wait_until;
use crate::support::user::{TestUser, test_user};

const NOT_LIMITED: &[(&str, &str)] = &[("RATE_LIMITS", "off")];

const SETTINGS: SelfService = SelfService { reset_minutes: 60, deletion_grace_days: 14, username_hold_days: Some(180) };

#[tokio::test]
async fn a_follow_that_is_removed_while_it_is_being_hidden_stays_removed() {
    remove_while_moving(false).await;
}

#[tokio::test]
async fn a_follow_that_is_removed_while_it_is_being_restored_stays_removed() {
    remove_while_moving(true).await;
}

/// Lets ben unfollow ann while a batch moves the follow, and checks that it is gone.
async fn remove_while_moving(restoring: bool) {
    let app = TestApp::start().await;
    let [ann, ben, cat] = test_users(&app, ["ann", "ben", "cat"]).await;
    for follower in [&ben, &cat] {
        follower.follow(&app, &ann.id).await.expect(201);
    }
    let mut token = String::new();
    if restoring {
        delete(&app, &ann).await.expect(202);
        wait_until_moved(&app).await;
        token = restore_token(&app, "ann").await;
    } else {
        pause_background(&app).await;
        delete(&app, &ann).await.expect(202);
    }
    // The batch moves both follows. It waits for cat's row while it already holds ben's follow.
    let mut connection = PgConnection::connect_with(&options(app.database_url())).await.unwrap();
    let mut holding = connection.begin().await.unwrap();
    lock_user(&mut holding, "cat").await;
    let (moving, removing) = tokio::join!(
        async {
            if restoring {
                restore(&app, &token).await.expect(200);
                None
            } else {
                Some(resume_background(&app).await)
            }
        },
        async {
            wait_until("the batch waits", async || blocked(&app.pool).await == 1).await;
            let is_removed = AtomicBool::new(false);
            let removed = async {
                let response = ben.unfollow(&app, &ann.id).await.expect(204);
                is_removed.store(true, Ordering::Relaxed);
                response
            };
            let release = async {
                wait_until("the removal is done, or waits for the batch", async || {
                    is_removed.load(Ordering::Relaxed) || blocked(&app.pool).await > 1
                })
                .await;
                holding.rollback().await.unwrap();
            };
            tokio::join!(removed, release).0
        }
    );
    assert_eq!(removing.status, 204);
    wait_until_moved(&app).await;
    let ann = if restoring { test_user_again(&app, "ann", &ann.id).await } else { keep(&app, "ann", &ann.id).await };
    wait_until_moved(&app).await;
    assert_eq!(listed(&app, &cat, &ann, "followers").await, ["cat"], "restoring: {restoring}");
    assert_eq!(ben.counts(&app).await, (0, 0));
    drop(moving);
}

async fn test_user_again(app: &TestApp, name: &str, id: &str) -> TestUser {
    TestUser { id: id.to_owned(), token: app.login(name).await.expect(200).access_token() }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_who_follow_each_other_and_come_back_at_the_same_time_get_their_follows() {
    let app = TestApp::start_with(NOT_LIMITED).await;
    let [mut ann, mut ben] = test_users(&app, ["ann", "ben"]).await;
    ann.follow(&app, &ben.id).await.expect(201);
    ben.follow(&app, &ann.id).await.expect(201);
    let before = follows(&app).await;
    for round in 0..20 {
        tokio::join!(async { delete(&app, &ann).await.expect(202) }, async { delete(&app, &ben).await.expect(202) });
        if round % 2 == 0 {
            wait_until_moved(&app).await;
        }
        (ann, ben) = tokio::join!(keep(&app, "ann", &ann.id), keep(&app, "ben", &ben.id));
        wait_until_moved(&app).await;
        assert_eq!(follows(&app).await, before, "round {round}");
        assert_eq!(app.count("hidden_follows").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_follow_is_left_behind_that_is_made_while_its_end_is_being_hidden() {
    let app = TestApp::start_with(NOT_LIMITED).await;
    let [mut ann, ben, cat, dan, eve] = test_users(&app, ["ann", "ben", "cat", "dan", "eve"]).await;
    let others = [&ben, &cat, &dan, &eve];
    let (mut refused, mut made) = (0, 0);
    for round in 0..40 {
        app.run("DELETE FROM users.follows").await;
        app.settle_follows().await;
        let delay = Duration::from_micros(fastrand::u64(..4000));
        let deletion = async {
            tokio::time::sleep(delay).await;
            delete(&app, &ann).await.expect(202);
        };
        let followers = join_all(others.map(|other| async {
            tokio::time::sleep(Duration::from_micros(fastrand::u64(..6000))).await;
            other.follow(&app, &ann.id).await.status
        }));
        let followees = join_all(others.map(|other| ann.follow(&app, &other.id)));
        let ((), followers, followees) = tokio::join!(deletion, followers, followees);
        wait_until_moved(&app).await;
        let behind = format!("SELECT count(*) FROM users.follows WHERE '{}' IN (follower_id, followee_id)", ann.id);
        assert_eq!(number(&app, &behind).await, 0, "round {round}");
        assert_eq!(app.count("follows").await, 0);
        for status in &followers {
            assert!([201, 404].contains(status), "{status}");
        }
        for response in &followees {
            assert!([201, 401].contains(&response.status), "{}", response.text);
        }
        let expected = followers.iter().filter(|status| **status == 201).count();
        refused += followers.len() - expected;
        made += expected;
        ann = keep(&app, "ann", &ann.id).await;
        wait_until_moved(&app).await;
        let expected_followees = followees.iter().filter(|response| response.status == 201).count();
        assert_eq!(
            ann.counts(&app).await,
            (i64::try_from(expected).unwrap(), i64::try_from(expected_followees).unwrap()),
            "round {round}"
        );
    }
    assert!(refused > 0 && made > 0, "{refused} refused, {made} made");
    assert_eq!(follow_counts::drift(&app.pool.clone().into()).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn restoring_during_the_erasure_ends_with_a_whole_account_or_none() {
    let app = TestApp::start_with(NOT_LIMITED).await;
    pause_background(&app).await;
    let ben = test_user(&app, "ben").await;
    let (mut restored, mut erased) = (0, 0);
    for round in 0..45 {
        let name = format!("ann{round}");
        let ann = test_user(&app, &name).await;
        ben.follow(&app, &ann.id).await.expect(201);
        ann.follow(&app, &ben.id).await.expect(201);
        delete(&app, &ann).await.expect(202);
        let token = restore_token(&app, &name).await;
        app.run("UPDATE users.users SET deletes_at = now() - interval '1 second' WHERE deletes_at IS NOT NULL").await;
        let lease = Lease::acquire(&app.pool.clone().into(), "test", Duration::from_mins(1)).await.unwrap().unwrap();
        let mut guard = SweepGuard::new(lease, CancellationToken::new());
        let head_start = Duration::from_micros(fastrand::u64(..8000));
        let (response, ()) = tokio::join!(
            async {
                if round % 3 != 0 {
                    tokio::time::sleep(head_start).await;
                }
                restore(&app, &token).await
            },
            async {
                if round % 3 != 1 {
                    tokio::time::sleep(head_start).await;
                }
                erase_due(&app.pool.clone().into(), SETTINGS, &mut guard).await.unwrap();
                guard.end().await.unwrap();
            }
        );
        assert_eq!(app.count("hidden_follows").await, 0);
        if response.status == 200 {
            restored += 1;
            let ann = TestUser { id: ann.id, token: response.access_token() };
            assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((1, 1), (1, 1)), "round {round}");
            app.get(&format!("/profiles/{name}")).await.expect(200);
            app.login(&name).await.expect(200);
            app.run("DELETE FROM users.follows").await;
            app.settle_follows().await;
        } else {
            response.expect_error(422, "INVALID_SIGN_IN_TOKEN");
            erased += 1;
            assert_eq!(ben.counts(&app).await, (0, 0), "round {round}");
            app.get(&format!("/profiles/{name}")).await.expect(404);
            app.login(&name).await.expect_error(401, "INVALID_CREDENTIALS");
            assert!(!schema_holds(&app, &format!("{name}@example.org")).await);
            assert_eq!(number(&app, &format!("SELECT count(*) FROM users.users WHERE id = '{}'", ann.id)).await, 0);
        }
    }
    assert!(restored > 0 && erased > 0, "{restored} restored, {erased} erased");
    assert_eq!(follow_counts::drift(&app.pool.clone().into()).await.unwrap(), []);
}
