//! Pictures that no profile shows are removed from the store, whatever caused it and even if the store fails.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::Connection as _;
use tokio::net::TcpListener;

use crate::support::app::TestApp;
use crate::support::database::{TestDatabase, connect_to, delete_user_in, lock_user};
use crate::support::outbox::wait_until;
use crate::support::picture::{files, png, put};
use crate::support::process::{Process, free_address, serve, signed_in, wait_until_healthy};
use crate::support::response::TestResponse;
use crate::support::triggers;
use crate::support::user::{TestUser, test_user};

async fn patch(app: &TestApp, user: &TestUser, avatar_url: &Value) -> TestResponse {
    let request = app.request(Method::PATCH, "/users/me").bearer_auth(&user.token);
    TestResponse::of(request.json(&json!({ "avatar_url": avatar_url }))).await
}

/// Uploads a picture and returns its URL.
async fn upload(app: &TestApp, user: &TestUser, color: u8) -> String {
    let response = put(app, &user.token, "image/png", png([color, 2, 3])).await.expect(200);
    response.json()["avatar_url"].as_str().unwrap().to_owned()
}

async fn execute(app: &TestApp, statement: &str) {
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&app.pool).await.unwrap();
}

#[tokio::test]
async fn a_path_other_than_the_current_picture_is_rejected_and_removes_nothing() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let (old, bens) = (upload(&app, &ann, 1).await, upload(&app, &ben, 2).await);
    let current = upload(&app, &ann, 3).await;
    wait_until("the old picture is gone", async || files(app.dir.path()).len() == 4).await;
    let id = &ann.id;
    for path in [
        &format!("/avatars/{id}/.x/512.jpg"),
        &format!("/avatars/{id}/x/512.jpg"),
        &format!("/avatars/{id}/../{id}/512.jpg"),
        &format!("/avatars/{id}/"),
        &format!("{current}?x"),
        &format!("{current}/"),
        &current.replace("/512.", "/128."),
        &current.replace("/512.", "/0512."),
        &current.to_uppercase(),
        &format!("/{current}"),
        &old,
        &bens,
        "/avatars/",
        "/users/me",
        "/",
    ] {
        let response = patch(&app, &ann, &json!(path)).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert!(response.json()["error"]["fields"]["avatar_url"].is_array(), "{path}: {}", response.text);
    }
    assert_eq!(patch(&app, &ann, &json!(current)).await.expect(200).json()["avatar_url"], json!(current));
    assert_eq!(app.count("avatar_removals").await, 0);
    assert_eq!(files(app.dir.path()).len(), 4);
    patch(&app, &ann, &Value::Null).await.expect(200);
    wait_until("only the other picture is left", async || files(app.dir.path()).len() == 2).await;
    assert_eq!(app.request(Method::GET, &bens).send().await.unwrap().status(), 200);
    // The previous picture is no longer an accepted value.
    patch(&app, &ann, &json!(current)).await.expect_error(422, "VALIDATION_FAILED");
}

#[tokio::test]
async fn a_removal_with_an_invalid_name_does_not_hold_up_others() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    upload(&app, &ben, 1).await;
    // Values that an earlier version accepted.
    let id = &ann.id;
    for name in [".x/512.jpg", "../512.jpg", "", "x/y/z/512.jpg"] {
        execute(&app, &format!("UPDATE users.users SET avatar_url = '/avatars/{id}/{name}' WHERE id = '{id}'")).await;
        patch(&app, &ann, &Value::Null).await.expect(200);
    }
    patch(&app, &ben, &Value::Null).await.expect(200);
    wait_until("the picture is gone", async || files(app.dir.path()).is_empty()).await;
    wait_until("no removal is left", async || app.count("avatar_removals").await == 0).await;
}

#[tokio::test]
async fn a_failed_removal_is_retried_and_does_not_delay_others() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let (stubborn, other) = (upload(&app, &ann, 1).await, upload(&app, &ben, 2).await);
    // A non-empty folder replaces the file.
    let file = app.dir.path().join(stubborn.strip_prefix("/avatars/").unwrap());
    fs::remove_file(&file).unwrap();
    fs::create_dir_all(file.join("something")).unwrap();
    patch(&app, &ann, &Value::Null).await.expect(200);
    wait_until("the first attempt has failed", async || attempts(&app).await == [(1, true)]).await;
    patch(&app, &ben, &Value::Null).await.expect(200);
    let gone = app.dir.path().join(other.strip_prefix("/avatars/").unwrap());
    wait_until("the other picture is gone", async || !gone.exists()).await;
    fs::remove_dir_all(&file).unwrap();
    fs::write(&file, "the picture again").unwrap();
    wait_until("the next attempt succeeds", async || files(app.dir.path()).is_empty()).await;
    wait_until("no removal is left", async || app.count("avatar_removals").await == 0).await;
}

/// The number of attempts of each failed removal, and whether its error is recorded.
async fn attempts(app: &TestApp) -> Vec<(i32, bool)> {
    sqlx::query_as(
        "SELECT attempts, last_error LIKE 'avatar store: %' FROM users.avatar_removals WHERE last_error <> ''",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn on_one_machine_an_account_deleted_with_sql_leaves_no_picture_within_a_minute() {
    let app = TestApp::start().await;
    for (name, color) in [("ann", 1), ("ben", 2), ("cat", 3)] {
        let user = test_user(&app, name).await;
        upload(&app, &user, color).await;
    }
    let kept: Vec<PathBuf> = {
        let all = files(app.dir.path());
        let cats: String = sqlx::query_scalar("SELECT id::text FROM users.users WHERE username = 'cat'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
        all.into_iter().filter(|file| file.to_str().unwrap().contains(&cats)).collect()
    };
    execute(&app, "DELETE FROM users.users WHERE username = 'ann'").await;
    execute(&app, "UPDATE users.users SET avatar_url = NULL WHERE username = 'ben'").await;
    // Nothing notifies the service.
    wait_until("only the third picture is left", async || files(app.dir.path()) == kept).await;
}

#[tokio::test]
async fn an_expired_account_leaves_no_picture() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    upload(&app, &ann, 1).await;
    execute(&app, "UPDATE users.users SET email_verified = false, created_at = now() - interval '8 days'").await;
    execute(&app, "UPDATE users.email_verifications SET expires_at = now()").await;
    app.sweep().await;
    assert_eq!(app.count("users").await, 0);
    wait_until("no file is left", async || files(app.dir.path()).is_empty()).await;
}

#[tokio::test]
async fn an_account_deleted_during_an_upload_leaves_no_picture() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let mut connection = connect_to(app.database_url()).await;
    let mut deletion = connection.begin().await.unwrap();
    // The profile cannot show the picture while the account is locked.
    lock_user(&mut deletion, "ann").await;
    let (response, ()) = tokio::join!(put(&app, &ann.token, "image/png", png([9, 9, 9])), async {
        wait_until("the upload records what it stores", async || app.count("avatar_removals").await == 1).await;
        delete_user_in(&mut deletion, ann.id.parse().unwrap()).await.unwrap();
        deletion.commit().await.unwrap();
    });
    response.expect_error(401, "UNAUTHENTICATED");
    wait_until("no file is left", async || files(app.dir.path()).is_empty()).await;
}

#[tokio::test]
async fn an_upload_does_not_publish_a_picture_whose_removal_has_begun() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let old = upload(&app, &ann, 1).await;
    // A trigger simulates an upload so slow that its removal has begun before the profile shows the picture.
    triggers::create(
        &app.pool,
        &[
            "CREATE FUNCTION users.begin_removal() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN NEW.attempts := 1; NEW.due_at := now() + interval ''1 hour''; RETURN NEW; END'",
            "CREATE TRIGGER begun BEFORE INSERT ON users.avatar_removals
             FOR EACH ROW EXECUTE FUNCTION users.begin_removal()",
        ],
    )
    .await;
    let response = put(&app, &ann.token, "image/png", png([9, 9, 9])).await;
    response.expect_error(503, "OVERLOADED");
    assert_eq!(app.me(&ann.token).await.json()["avatar_url"], json!(old));
    assert_eq!(app.count("avatar_removals").await, 1, "the removal is still scheduled");
}

/// Accepts connections, counts them, and never responds.
async fn silent_store() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counter = connections.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            open.push(stream);
        }
    });
    (address, connections)
}

#[tokio::test]
async fn an_unresponsive_store_does_not_delay_profile_reads_and_updates() {
    let (database, address) = (TestDatabase::create().await, free_address());
    let (store, connections) = silent_store().await;
    let mut command = serve(&database, &address);
    command.env("BCRYPT_COST", "4").env("AVATAR_STORE_URL", "s3://avatars").env("AWS_ALLOW_HTTP", "true");
    command.env("AWS_ENDPOINT_URL", format!("http://{store}")).env("AWS_REGION", "eu-north-1");
    command.env("AWS_ACCESS_KEY_ID", "key-id").env("AWS_SECRET_ACCESS_KEY", "secret");
    let _process = Process::start(command);
    wait_until_healthy(&address).await;
    let (client, origin) = (Client::new(), format!("http://{address}"));
    let token = signed_in(&database, &origin).await;
    let get = async || {
        let started = Instant::now();
        TestResponse::of(client.get(format!("{origin}/profiles/ann"))).await.expect(200);
        started.elapsed()
    };
    // More removals than the pool has connections.
    sqlx::query(
        "INSERT INTO users.avatar_removals (name, due_at)
         SELECT format('%s/0123456789abcdefghijkl-%s/512.jpg', gen_random_uuid(), replace(gen_random_uuid()::text, '-', '')),
                now()
         FROM generate_series(1, 60)",
    )
    .execute(&database.pool)
    .await
    .unwrap();
    let change = async || {
        let request = client.patch(format!("{origin}/users/me")).bearer_auth(&token);
        TestResponse::of(request.json(&json!({ "avatar_url": null }))).await.expect(200);
    };
    join_all((0..12).map(|_| change())).await;
    wait_until("the store is contacted", async || connections.load(Ordering::Relaxed) > 0).await;
    for _ in 0..20 {
        join_all((0..12).map(|_| change())).await;
        let slowest = join_all((0..12).map(|_| get())).await.into_iter().max().unwrap();
        assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    }
    let held: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!(held, 0, "connections wait for the store");
}
