//! What only happens on one machine: older instances run beside new ones, a deletion by hand cascades to follows, and
//! PostgreSQL itself ends deadlocks. `make test-citus` leaves these tests out.

use std::time::Duration;

use reqwest::Method;
use sqlx::{AssertSqlSafe, Connection as _};

use super::races::{connect, delete, spawn, wait_until_blocked};
use crate::support::app::TestApp;
use crate::support::user::{TestUser, test_user};

/// Versions before migration 0020 change the table in their own statements, and triggers count.
#[tokio::test]
async fn counts_stay_exact_while_an_older_instance_runs_beside_a_new_one() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let older = async |statement: &str| {
        let statement = sqlx::query(AssertSqlSafe(statement)).bind(&ann.id).bind(&ben.id);
        statement.execute(&app.pool).await.unwrap();
    };
    let follow =
        "INSERT INTO users.follows (follower_id, followee_id) VALUES ($1::uuid, $2::uuid) ON CONFLICT DO NOTHING";
    let unfollow = "DELETE FROM users.follows WHERE follower_id = $1::uuid AND followee_id = $2::uuid";
    for _ in 0..5 {
        older(follow).await;
        assert_eq!(ann.follow(&app, &ben.id).await.status, 200);
        assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 1), (1, 0)));
        ann.unfollow(&app, &ben.id).await.expect(204);
        ann.follow(&app, &ben.id).await.expect(201);
        older(unfollow).await;
        assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 0), (0, 0)));
    }
    // In one transaction, a function does not switch the counting of later statements off.
    let mut connection = app.pool.acquire().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    for statement in ["SELECT users.follow($1::uuid, NULL, $2::uuid)", unfollow, follow] {
        sqlx::query(statement).bind(&ann.id).bind(&ben.id).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 1), (1, 0)));
}

#[tokio::test]
async fn unfollowing_does_not_wait_for_a_deletion() {
    let app = TestApp::start().await;
    let mut users = Vec::new();
    for name in ["ann", "ben", "dan", "star"] {
        users.push(test_user(&app, name).await);
    }
    let [ann, ben, dan, star] = <[TestUser; 4]>::try_from(users).ok().unwrap();
    for (follower, followee) in [(&star, &ann), (&ann, &star), (&ben, &star), (&dan, &star)] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    // In whichever order the deletion visits the rows, it waits before it reaches ben.
    let (mut holding, mut deleting) = (connect(&app).await, connect(&app).await);
    let mut hold = holding.begin().await.unwrap();
    let outer = "SELECT FROM users.follows WHERE follower_id IN ($1::text::uuid, $2::text::uuid) FOR UPDATE";
    sqlx::query(outer).bind(&ann.id).bind(&dan.id).execute(&mut *hold).await.unwrap();
    let gone = TestUser { id: star.id.clone(), token: String::new() };
    let deletion = tokio::spawn(async move {
        let mut deletion = deleting.begin().await.unwrap();
        delete(&mut deletion, &gone).await;
        deletion.rollback().await.unwrap();
    });
    wait_until_blocked(&app, 1).await;
    ben.unfollow(&app, &star.id).await.expect(204);
    hold.rollback().await.unwrap();
    deletion.await.unwrap();
    // The counts are exact, even though the deletion was rolled back.
    assert_eq!((star.counts(&app).await, ben.counts(&app).await), ((2, 1), (0, 0)));
}

#[tokio::test]
async fn a_follow_that_loses_a_deadlock_is_retried() {
    let first = TestApp::start().await;
    let (ann, ben) = (test_user(&first, "ann").await, test_user(&first, "ben").await);
    // PostgreSQL must cancel the follow: the deletion does not check for deadlocks, and starts to wait well before
    // the follow checks.
    sqlx::query(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''4s''', current_database()); END $$",
    )
    .execute(&first.pool)
    .await
    .unwrap();
    let app = TestApp::start_another(&first, &[("PUBLIC_URL", &first.origin)]).await;
    let mut connection = connect(&app).await;
    sqlx::query("SET deadlock_timeout = '1min'").execute(&mut connection).await.unwrap();
    let mut deletion = connection.begin().await.unwrap();
    delete(&mut deletion, &ben).await;
    let response = spawn(&app, &ann, Method::POST, &ben);
    wait_until_blocked(&app, 1).await;
    // The follow holds ann's row and waits for ben's. The deletion now waits for ann's.
    tokio::time::timeout(Duration::from_secs(30), delete(&mut deletion, &ann)).await.unwrap();
    deletion.commit().await.unwrap();
    assert!(matches!(response.await.unwrap().status, 401 | 404));
}
