//! Changes between two users that race: in the end, one state holds, and all counts are exact.

use std::collections::HashSet;

use futures::future::join_all;
use kith::domain::graph::{follow_counts, mirror};
use reqwest::Method;
use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

/// Panics unless follows, requests and blocks agree with each other, and the counts with the follows.
async fn expect_consistent(app: &TestApp) {
    let pool = &app.pool.clone().into();
    assert_eq!(follow_counts::drift(pool).await.unwrap(), []);
    assert_eq!(mirror::mismatches(pool).await.unwrap(), []);
    let follows: HashSet<(Uuid, Uuid)> = rows(app, "SELECT follower_id, followee_id FROM users.follows").await;
    let related = async |kind: &str| -> HashSet<(Uuid, Uuid)> {
        rows(app, &format!("SELECT user_id, other_id FROM users.relations WHERE kind = '{kind}'")).await
    };
    let inverse = |pairs: &HashSet<(Uuid, Uuid)>| pairs.iter().map(|(one, other)| (*other, *one)).collect();
    let (blocks, requests) = (related("blocks").await, related("requests").await);
    let blocked_by: HashSet<_> = inverse(&blocks);
    assert_eq!(related("blocked_by").await, blocked_by);
    let received: HashSet<_> = inverse(&related("requested_by").await);
    assert!(received.is_subset(&requests), "{received:?} {requests:?}");
    assert!(requests.is_disjoint(&follows), "a request beside a follow");
    for pairs in [&blocks, &blocked_by] {
        assert!(pairs.is_disjoint(&follows) && pairs.is_disjoint(&requests), "a follow or a request beside a block");
    }
}

async fn rows(app: &TestApp, statement: &str) -> HashSet<(Uuid, Uuid)> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(AssertSqlSafe(statement)).fetch_all(&app.pool).await.unwrap();
    rows.into_iter().collect()
}

/// What a user can do to another.
async fn act(app: &TestApp, user: &TestUser, other: &TestUser, number: usize) -> TestResponse {
    let (id, requests) = (&other.id, "/users/me/follow-requests");
    let private = async |private: bool| {
        let request = app.request(Method::PATCH, "/users/me").bearer_auth(&user.token);
        TestResponse::of(request.json(&json!({ "private": private }))).await
    };
    match number % 9 {
        0 | 1 => user.follow(app, id).await,
        2 => user.unfollow(app, id).await,
        3 => user.send(app, Method::POST, &format!("{requests}/{id}/accept")).await,
        4 => user.send(app, Method::DELETE, &format!("{requests}/{id}")).await,
        5 => user.send(app, Method::POST, &format!("/users/{id}/block")).await,
        6 => user.send(app, Method::DELETE, &format!("/users/{id}/block")).await,
        7 => private(true).await,
        _ => private(false).await,
    }
}

#[tokio::test]
async fn a_follow_that_races_a_block_never_remains() {
    const ROUNDS: usize = 200;
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let path = format!("/users/{}/block", ben.id);
    for round in 0..ROUNDS {
        let (follower, followee) = if round % 2 == 0 { (&ann, &ben) } else { (&ben, &ann) };
        let block = ann.send(&app, Method::POST, &path);
        let (block, follow) = futures::join!(block, follower.follow(&app, &followee.id));
        block.expect(201);
        assert!([201, 404, 409].contains(&follow.status), "{follow:?}");
        assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 0), (0, 0)), "round {round}");
        ann.send(&app, Method::DELETE, &path).await.expect(204);
    }
    assert_eq!((app.count("follows").await, app.count("relations").await), (0, 0));
    expect_consistent(&app).await;
}

#[tokio::test]
async fn fifty_changes_at_once_end_in_one_state_with_exact_counts() {
    const ROUNDS: usize = 200;
    const AT_ONCE: usize = 50;
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    for round in 0..ROUNDS {
        let changes = (0..AT_ONCE).map(|_| {
            let (user, other) = if fastrand::bool() { (&ann, &ben) } else { (&ben, &ann) };
            act(&app, user, other, fastrand::usize(..9))
        });
        for response in join_all(changes).await {
            assert!(response.status < 500, "round {round}: {response:?}");
        }
        expect_consistent(&app).await;
    }
}
