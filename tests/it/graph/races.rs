//! Following and unfollowing accounts that are being deleted at that moment.

use std::time::Duration;

use reqwest::Method;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgTransaction};

use crate::support::app::TestApp;
use crate::support::database::options;
use crate::support::outbox::until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

async fn connect(app: &TestApp) -> PgConnection {
    PgConnection::connect_with(&options(app.database_url())).await.unwrap()
}

/// Waits until so many connections wait for what another one holds.
async fn until_waiting(app: &TestApp, count: i64) {
    let statement =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("waiting", async || sqlx::query_scalar::<_, i64>(statement).fetch_one(&app.pool).await.unwrap() == count)
        .await;
}

async fn delete(deletion: &mut PgTransaction<'_>, who: &TestUser) {
    let statement = format!("DELETE FROM users.users WHERE id = '{}'", who.id);
    sqlx::query(AssertSqlSafe(statement)).execute(&mut **deletion).await.unwrap();
}

/// A request that is under way while the test goes on.
fn sent(app: &TestApp, who: &TestUser, method: Method, whom: &TestUser) -> tokio::task::JoinHandle<TestResponse> {
    let request = app.request(method, &format!("/users/{}/follow", whom.id)).bearer_auth(&who.token);
    tokio::spawn(TestResponse::of(request))
}

#[tokio::test]
async fn an_account_that_is_being_deleted_is_not_there_and_one_that_is_kept_is_followed() {
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    let mut connection = connect(&app).await;
    for (kept, whom) in [(true, &ben), (false, &ben), (false, &cat)] {
        let mut deletion = connection.begin().await.unwrap();
        delete(&mut deletion, whom).await;
        let answer = sent(&app, &ann, Method::POST, whom);
        until_waiting(&app, 1).await;
        if kept {
            deletion.rollback().await.unwrap();
            answer.await.unwrap().expect(201);
        } else {
            deletion.commit().await.unwrap();
            answer.await.unwrap().expect_error(404, "USER_NOT_FOUND");
        }
    }
    assert_eq!(ann.counts(&app).await, (0, 0));
}

#[tokio::test]
async fn unfollowing_waits_for_no_deletion_that_may_wait_for_it() {
    let app = TestApp::start().await;
    let mut people = Vec::new();
    for name in ["ann", "ben", "dan", "star"] {
        people.push(test_user(&app, name).await);
    }
    let [ann, ben, dan, star] = <[TestUser; 4]>::try_from(people).ok().unwrap();
    for (who, whom) in [(&star, &ann), (&ann, &star), (&ben, &star), (&dan, &star)] {
        who.follow(&app, &whom.id).await.expect(201);
    }
    // Whichever end the deletion begins at, it waits before it comes to ben.
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
    until_waiting(&app, 1).await;
    ben.unfollow(&app, &star.id).await.expect(204);
    hold.rollback().await.unwrap();
    deletion.await.unwrap();
    // Exact, though the deletion is undone.
    assert_eq!((star.counts(&app).await, ben.counts(&app).await), ((2, 1), (0, 0)));
}

#[tokio::test]
async fn a_follow_that_a_deadlock_ends_is_tried_again() {
    let first = TestApp::start().await;
    let (ann, ben) = (test_user(&first, "ann").await, test_user(&first, "ben").await);
    // The follow is to be the one that is given up: the deletion does not look for deadlocks, and begins to
    // wait well before the follow looks.
    sqlx::query(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''4s''', current_database()); END $$",
    )
    .execute(&first.pool)
    .await
    .unwrap();
    let app = TestApp::beside(&first, &[("PUBLIC_URL", &first.origin)]).await;
    let mut connection = connect(&app).await;
    sqlx::query("SET deadlock_timeout = '1min'").execute(&mut connection).await.unwrap();
    let mut deletion = connection.begin().await.unwrap();
    delete(&mut deletion, &ben).await;
    let answer = sent(&app, &ann, Method::POST, &ben);
    until_waiting(&app, 1).await;
    // The follow has ann's account and waits for ben's; this waits for ann's.
    tokio::time::timeout(Duration::from_secs(30), delete(&mut deletion, &ann)).await.unwrap();
    deletion.commit().await.unwrap();
    assert!(matches!(answer.await.unwrap().status, 401 | 404));
}
