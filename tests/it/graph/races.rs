//! Follows that race with the deletion of an account.

use reqwest::Method;
use sqlx::{Connection as _, PgConnection, PgTransaction};

use crate::support::app::TestApp;
use crate::support::database::{blocked, delete_user_in, options};
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

pub async fn connect(app: &TestApp) -> PgConnection {
    PgConnection::connect_with(&options(app.database_url())).await.unwrap()
}

/// Waits until `count` connections wait for a lock.
pub async fn wait_until_blocked(app: &TestApp, count: i64) {
    wait_until("connections wait for a lock", async || blocked(&app.pool).await == count).await;
}

pub async fn delete(deletion: &mut PgTransaction<'_>, user: &TestUser) {
    delete_user_in(deletion, user.id.parse().unwrap()).await.unwrap();
}

/// Sends a follow or unfollow in the background.
pub fn spawn(
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
