//! `POST` and `DELETE /users/{id}/follow`, the lists, and the counts: USER-STORY-004, USER-STORY-005,
//! USER-BE-004.1, USER-BE-004.2, USER-BE-005.1, USER-INFRA-004.2.

use std::sync::Arc;

use futures::future::join_all;
use kith::base::database::{Database, Limits, with_retries};
use kith::domain::graph::{follow_counts, follows, mirror};
use kith::domain::sign_in::calling_user::CallingUser;
use kith::model::error::{ApiError, ErrorCode};
use kith::model::id::UserId;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::database::{delete_user, options};
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

/// Creates `count` users who follow `followee` a second apart, the newest last.
async fn followers_of(app: &TestApp, followee: &str, count: i32) {
    for statement in [
        "INSERT INTO users.users (id, email, username, password_hash, email_verified)
         SELECT gen_random_uuid(), 'f' || n || '@example.org', 'f' || n, 'x', true FROM generate_series(1, $2) n",
        "INSERT INTO users.follows (follower_id, followee_id, created_at)
         SELECT id, $1::uuid, now() - interval '1 day' + make_interval(secs => substr(username, 2)::int)
         FROM users.users WHERE username ~ '^f[0-9]+$' AND $2 > 0",
    ] {
        sqlx::query(AssertSqlSafe(statement)).bind(followee).bind(count).execute(&app.pool).await.unwrap();
    }
    app.settle_follows().await;
}

fn names(response: &TestResponse) -> Vec<String> {
    let body = response.json();
    let items = body["items"].as_array().unwrap();
    items.iter().map(|item| item["username"].as_str().unwrap().to_owned()).collect()
}

/// USER-STORY-004-S1, USER-BE-004.1-S2
#[tokio::test]
async fn user_be_004_1_s1_a_follow_is_recorded_and_returned_and_s2_repeating_it_changes_nothing() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let expected = json!({ "follower_id": ann.id, "followee_id": ben.id, "state": "following" });
    assert_eq!(ann.follow(&app, &ben.id).await.expect(201).json(), expected);
    assert_eq!(ann.follow(&app, &ben.id).await.expect(200).json(), expected);
    assert_eq!(app.count("follows").await, 1);
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 1), (1, 0)));
}

/// USER-STORY-004-S2, USER-BE-004.2-S2
#[tokio::test]
async fn user_be_004_2_s1_unfollowing_removes_the_row_and_s2_is_idempotent() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    ann.follow(&app, &ben.id).await.expect(201);
    for id in [ben.id.clone(), ben.id.clone(), Uuid::now_v7().to_string(), ann.id.clone()] {
        assert_eq!(ann.unfollow(&app, &id).await.expect(204).text, "");
    }
    assert_eq!(app.count("follows").await, 0);
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 0), (0, 0)));
}

/// USER-STORY-004-S4
#[tokio::test]
async fn user_story_004_s3_following_an_unknown_user_and_s4_following_yourself_are_rejected() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for id in [Uuid::now_v7().to_string(), "nonsense".to_owned()] {
        ann.follow(&app, &id).await.expect_error(404, "USER_NOT_FOUND");
    }
    ann.follow(&app, &ann.id).await.expect_error(422, "CANNOT_FOLLOW_SELF");
    let signed_out = app.request(Method::POST, &format!("/users/{}/follow", ann.id));
    TestResponse::of(signed_out).await.expect_error(401, "UNAUTHENTICATED");
    sqlx::query("DELETE FROM users.users").execute(&app.pool).await.unwrap();
    ann.follow(&app, &ann.id).await.expect_error(422, "CANNOT_FOLLOW_SELF");
}

#[tokio::test]
async fn fifty_identical_concurrent_follows_create_one() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let responses = join_all((0..50).map(|_| ann.follow(&app, &ben.id))).await;
    let created = responses.iter().filter(|response| response.status == 201).count();
    assert_eq!(created, 1);
    assert!(responses.iter().all(|response| matches!(response.status, 200 | 201)));
    assert_eq!((app.count("follows").await, ben.counts(&app).await), (1, (1, 0)));
}

#[tokio::test]
async fn plain_forms_follow_and_unfollow() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let ben = test_user(&app, "ben").await;
    let path = format!("/users/{}/follow", ben.id);
    for (method, count) in [("POST", 1), ("DELETE", 0)] {
        let mut fields = vec![("_back", "/profile/ben")];
        if method == "DELETE" {
            fields.push(("_method", method));
        }
        let response = app.submit(&path, &fields, &login.session()).await.expect(303);
        assert_eq!((response.header("location"), app.count("follows").await), ("/profile/ben", count));
    }
}

#[tokio::test]
async fn following_is_rate_limited_and_unfollowing_is_not() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let mut statuses = Vec::new();
    for _ in 0..22 {
        statuses.extend(join_all((0..50).map(|_| ann.follow(&app, &ben.id))).await.into_iter().map(|a| a.status));
    }
    let accepted = statuses.iter().filter(|status| **status != 429).count();
    assert!((1000..=1010).contains(&accepted), "{accepted}");
    let limited = ann.follow(&app, &ben.id).await;
    limited.expect_error(429, "RATE_LIMITED");
    assert!(!limited.header("retry-after").is_empty());
    ann.unfollow(&app, &ben.id).await.expect(204);
    // The limit is per account: others behind the same address are not affected.
    ben.follow(&app, &ann.id).await.expect(201);
}

#[tokio::test]
async fn an_account_can_follow_400_users_in_a_day() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    followers_of(&app, &ann.id, 402).await;
    let statement = "SELECT id::text FROM users.users WHERE username ~ '^f[0-9]+$'";
    let others: Vec<String> = sqlx::query_scalar(statement).fetch_all(&app.pool).await.unwrap();
    let mut accepted = 0;
    for some in others.chunks(50) {
        let responses = join_all(some.iter().map(|id| ann.follow(&app, id))).await;
        accepted += responses.iter().filter(|response| response.status == 201).count();
    }
    assert_eq!(accepted, 400);
    let limited = ann.follow(&app, others.last().unwrap()).await;
    limited.expect_error(429, "RATE_LIMITED");
    assert!((1..=216).contains(&limited.header("retry-after").parse::<u32>().unwrap()));
    ann.unfollow(&app, &others[0]).await.expect(204);
    // Following someone again counts, too.
    ann.follow(&app, &others[0]).await.expect_error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn a_follower_can_be_removed() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    ben.follow(&app, &ann.id).await.expect(201);
    ann.follow(&app, &ben.id).await.expect(201);
    for _ in 0..2 {
        ann.send(&app, Method::DELETE, &format!("/users/me/followers/{}", ben.id)).await.expect(204);
    }
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await), ((0, 1), (1, 0)));
}

#[tokio::test]
async fn user_be_005_1_s1_followers_are_paginated_newest_first() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    followers_of(&app, &ann.id, 45).await;
    let path = format!("/users/{}/followers", ann.id);
    let first = ann.get(&app, &format!("{path}?page=1&page_size=20")).await.expect(200);
    let body = first.json();
    assert_eq!((&body["page"], &body["page_size"], &body["has_next"]), (&json!(1), &json!(20), &json!(true)));
    let mut keys: Vec<_> = body["items"][0].as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["avatar_url", "display_name", "id", "private", "username", "viewer"]);
    assert_eq!(names(&first), (26..=45).rev().map(|n| format!("f{n}")).collect::<Vec<_>>());
    let last = ann.get(&app, &format!("{path}?page=3&page_size=20")).await.expect(200);
    assert_eq!(names(&last), ["f5", "f4", "f3", "f2", "f1"]);
    assert_eq!((&last.json()["has_next"], &last.json()["next_cursor"]), (&json!(false), &Value::Null));
    assert_eq!(names(&ann.get(&app, &format!("{path}?page=4")).await.expect(200)), Vec::<String>::new());
    assert_eq!(names(&ann.get(&app, &path).await.expect(200)), names(&first));
    assert!(!first.text.contains("example.org"), "{}", first.text);
}

#[tokio::test]
async fn cursor_pages_neither_repeat_nor_skip_followers_while_the_list_changes() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    followers_of(&app, &ann.id, 95).await;
    // Many follows get the same time, so that only the second sort key orders them.
    app.run("UPDATE users.follows SET created_at = date_trunc('second', now()) WHERE follower_id::text ~ '[0-7]$'")
        .await;
    app.settle_follows().await;
    let ben = test_user(&app, "ben").await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/users/{}/followers?page_size=10{cursor}", ann.id);
        let response = ann.get(&app, &path).await.expect(200);
        seen.extend(names(&response));
        // A new follower appears, and is gone a page later.
        if seen.len() % 20 == 0 {
            ben.unfollow(&app, &ann.id).await
        } else {
            ben.follow(&app, &ann.id).await
        };
        match response.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    seen.retain(|name| name != "ben");
    assert_eq!(seen.len(), 95);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 95);
}

#[tokio::test]
async fn invalid_page_parameters_are_named() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for (field, value) in [
        ("page", "0"),
        ("page", "-1"),
        ("page", "x"),
        ("page", "501"),
        ("page", "99999999999"),
        ("page_size", "0"),
        ("page_size", "101"),
        ("page_size", "x"),
        ("cursor", "nonsense"),
        ("cursor", "-zLC1Uu3AAAAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        let response = ann.get(&app, &format!("/users/{}/followees?{field}={value}", ann.id)).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert!(response.json()["error"]["fields"][field].is_array(), "{field}={value}: {}", response.text);
    }
    for id in [Uuid::now_v7().to_string(), "nonsense".to_owned()] {
        ann.get(&app, &format!("/users/{id}/followers")).await.expect_error(404, "USER_NOT_FOUND");
    }
    app.get(&format!("/users/{}/followers", ann.id)).await.expect_error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn each_item_has_its_relationship_to_the_caller() {
    let app = TestApp::start().await;
    let mut users = Vec::new();
    for name in ["ann", "ben", "cat", "dan"] {
        users.push(test_user(&app, name).await);
    }
    let [ann, ben, cat, dan] = <[TestUser; 4]>::try_from(users).ok().unwrap();
    for follower in [&ben, &cat, &dan] {
        follower.follow(&app, &ann.id).await.expect(201);
    }
    ben.follow(&app, &cat.id).await.expect(201);
    dan.follow(&app, &ben.id).await.expect(201);
    let body = ben.get(&app, &format!("/users/{}/followers", ann.id)).await.expect(200).json();
    let viewer = |name: &str| {
        let item = body["items"].as_array().unwrap().iter().find(|item| item["username"] == name).unwrap();
        (item["viewer"]["following"].as_bool().unwrap(), item["viewer"]["followed_by"].as_bool().unwrap())
    };
    assert_eq!((viewer("cat"), viewer("dan"), viewer("ben")), ((true, false), (false, true), (false, false)));
}

#[tokio::test]
async fn user_be_005_1_s2_a_service_reads_followees_in_pages_of_a_thousand() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    followers_of(&app, &ann.id, 0).await;
    let (ben, cat) = (test_user(&app, "ben").await, test_user(&app, "cat").await);
    ann.follow(&app, &ben.id).await.expect(201);
    ann.follow(&app, &cat.id).await.expect(201);
    let service = TestUser::service(&app);
    let response = service.get(&app, &format!("/users/{}/followees?page_size=1000", ann.id)).await.expect(200);
    assert_eq!(names(&response), ["cat", "ben"]);
    assert!(response.json()["items"][0].get("viewer").is_none());
    service
        .get(&app, &format!("/users/{}/followees?page_size=1001", ann.id))
        .await
        .expect_error(422, "VALIDATION_FAILED");
    service.follow(&app, &ann.id).await.expect_error(403, "FORBIDDEN");
}

/// Concurrent follows, unfollows and deletions on many connections keep the counts equal to the rows.
#[tokio::test(flavor = "multi_thread")]
async fn counts_stay_exact_under_concurrent_changes() {
    let app = TestApp::start().await;
    // Half of the connections are for writes.
    let limits = Limits { connections: 24, ..Limits::default() };
    let pool = Database::connect(&options(app.database_url()), limits, CancellationToken::new()).await.unwrap();
    sqlx::query(
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), 'f' || n || '@example.org', 'f' || n, 'x' FROM generate_series(1, 60) n",
    )
    .execute(&*pool)
    .await
    .unwrap();
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM users.users").fetch_all(&*pool).await.unwrap();
    let deletions = Arc::new(Mutex::new(()));
    let work = (0..12).map(|seed| {
        let (pool, ids, deletions) = (pool.clone(), ids.clone(), Arc::clone(&deletions));
        let deleting = app.pool.clone();
        tokio::spawn(async move {
            let mut random = fastrand::Rng::with_seed(seed);
            for step in 0..834 {
                let (a, b) = (random.usize(..ids.len()), random.usize(..ids.len()));
                let outcome = match random.u32(..100) {
                    _ if step % 200 == 199 => {
                        // One at a time, as the service does: two that follow each other would deadlock.
                        let _turn = deletions.lock().await;
                        let delete = || delete_user(&deleting, ids[a]);
                        with_retries(delete).await.map_err(ApiError::from)
                    }
                    0..60 => follows::follow(&pool, caller(ids[a]), UserId(ids[b])).await.map(|_| ()),
                    _ => follows::unfollow(&pool, caller(ids[a]), UserId(ids[b])).await,
                };
                // The user themselves, or a deleted user.
                let allowed = [ErrorCode::CannotFollowSelf, ErrorCode::UserNotFound, ErrorCode::Unauthenticated];
                assert!(outcome.as_ref().err().is_none_or(|error| allowed.contains(&error.code)), "{outcome:?}");
            }
        })
    });
    for done in join_all(work).await {
        done.unwrap();
    }
    assert_eq!(follow_counts::drift(&pool).await.unwrap(), []);
    assert_eq!(mirror::mismatches(&pool).await.unwrap(), []);
    assert!(app.count("follows").await > 0);
    assert!(app.count("users").await < 60);
}

#[tokio::test]
async fn user_infra_004_2_s1_the_table_matches_the_story() {
    let app = TestApp::start().await;
    let list = async |statement: &'static str| -> Vec<String> {
        sqlx::query_scalar(statement).fetch_all(&app.pool).await.unwrap()
    };
    assert_eq!(
        list(
            "SELECT column_name::text FROM information_schema.columns
              WHERE table_schema = 'users' AND table_name = 'follows' ORDER BY ordinal_position"
        )
        .await,
        ["follower_id", "followee_id", "created_at"],
    );
    assert_eq!(
        list(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint
             WHERE conrelid = 'users.follows'::regclass AND contype IN ('p', 'f')
                 OR conrelid = 'users.followers'::regclass AND contype = 'f' ORDER BY conname"
        )
        .await,
        [
            "FOREIGN KEY (followee_id) REFERENCES users.users(id) ON DELETE CASCADE",
            "FOREIGN KEY (follower_id) REFERENCES users.users(id) ON DELETE CASCADE",
            "PRIMARY KEY (follower_id, followee_id)",
        ],
    );
}

/// A user without a sign-in.
fn caller(user: Uuid) -> CallingUser {
    CallingUser { id: UserId(user), sign_in: None, authenticated_at: None }
}
