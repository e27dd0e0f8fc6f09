//! Follows and unfollows that race with the deletion of an account.

use std::time::Duration;

use reqwest::Method;
use sqlx::{Connection as _, PgConnection, PgTransaction};

use crate::support::app::TestApp;
use crate::support::citus;
use crate::support::database::{blocked, delete_user_in, options};
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

async fn connect(app: &TestApp) -> PgConnection {
    PgConnection::connect_with(&options(app.database_url())).await.unwrap()
}

/// Waits until `count` connections wait for a lock.
async fn wait_until_blocked(app: &TestApp, count: i64) {
    wait_until("connections wait for a lock", async || blocked(&app.pool).await == count).await;
}

async fn delete(deletion: &mut PgTransaction<'_>, user: &TestUser) {
    delete_user_in(deletion, user.id.parse().unwrap()).await.unwrap();
}

/// Sends a follow or unfollow in the background.
fn spawn(
    app: &TestApp,
    follower: &TestUser,
    method: Method,
    followee: &TestUser,
) -> tokio::task::JoinHandle<TestResponse> {
    let request = app.request(method, &format!("/users/{}/follow", followee.id)).bearer_auth(&follower.token);
    tokio::spawn(TestResponse::of(request))
}

#[tokio::test]
async fn a_follow_during_a_deletion_waits_and_succeeds_only_if_the_account_is_kept() {
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    let mut connection = connect(&app).await;
    for (kept, followee) in [(true, &ben), (false, &ben), (false, &cat)] {
        let mut deletion = connection.begin().await.unwrap();
        delete(&mut deletion, followee).await;
        let response = spawn(&app, &ann, Method::POST, followee);
        wait_until_blocked(&app, 1).await;
        if kept {
            deletion.rollback().await.unwrap();
            response.await.unwrap().expect(201);
        } else {
            deletion.commit().await.unwrap();
            response.await.unwrap().expect_error(404, "USER_NOT_FOUND");
        }
    }
    assert_eq!(ann.counts(&app).await, (0, 0));
}

#[tokio::test]
async fn unfollowing_does_not_wait_for_a_deletion() {
    if citus::nodes().is_some() {
        // There, no deletion by hand cascades to follows in other shards.
        return;
    }
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
    if citus::nodes().is_some() {
        // There, the coordinator detects deadlocks, and chooses the transaction that began last.
        return;
    }
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
