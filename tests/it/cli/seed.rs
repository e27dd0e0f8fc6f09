//! `kith dev seed`.

use std::process::Output;

use serde_json::json;
use uuid::Uuid;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::process::{kith, output};

fn seed(arguments: &[&str]) -> Output {
    output(kith(&[&["dev", "seed", "--users", "2100", "--follows", "10000"], arguments].concat()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seeded_database_is_like_one_filled_by_users() {
    let (app, same) = (TestApp::start().await, TestApp::start().await);
    let definitions = "SELECT string_agg(line, E'\n' ORDER BY line) FROM (
        SELECT pg_get_indexdef(indexrelid) AS line FROM pg_index WHERE indrelid::regclass::text LIKE 'users.%'
        UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text LIKE 'users.%'
        UNION ALL SELECT tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal) defined";
    let before: String = sqlx::query_scalar(definitions).fetch_one(&app.pool).await.unwrap();
    for app in [&app, &same] {
        let output = seed(&["--url", app.database_url()]);
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(sqlx::query_scalar::<_, String>(definitions).fetch_one(&app.pool).await.unwrap(), before);
    assert_eq!((app.count("users").await, app.count("follows").await), (2100, 10_000));

    // The first named account can sign in, and its counts are right.
    let body = json!({ "email": "star@example.org", "password": PASSWORD });
    let token = app.post("/auth/login", body).await.expect(200).access_token();
    let me = app.me(&token).await.expect(200).json();
    assert_eq!((&me["username"], &me["follower_count"]), (&json!("star"), &json!(2000)));
    let mut doctor = kith(&["doctor"]);
    doctor.env("DATABASE_URL", app.database_url());
    assert!(output(doctor).status.success());

    // Every run creates the same users and follows.
    let digest = "SELECT md5(string_agg(f::text, ',' ORDER BY f)) FROM users.follows f";
    let digest_of = async |app: &TestApp| sqlx::query_scalar::<_, String>(digest).fetch_one(&app.pool).await.unwrap();
    assert_eq!(digest_of(&app).await, digest_of(&same).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn seeding_rejects_a_database_with_users_and_ignores_database_url() {
    let app = TestApp::start().await;
    let ann: Uuid = app.register("ann").await.expect(201).json()["id"].as_str().unwrap().parse().unwrap();
    let rejected = seed(&["--url", app.database_url()]);
    assert_eq!(rejected.status.code(), Some(1));
    let stderr = String::from_utf8(rejected.stderr).unwrap();
    assert!(stderr.contains("the database has users: only an empty one is seeded"), "{stderr}");
    let left: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM users.users").fetch_all(&app.pool).await.unwrap();
    assert_eq!(left, [ann]);

    // Without a URL, the database is in the folder.
    let dir = tempfile::tempdir().unwrap();
    let empty = TestApp::start().await;
    let mut command = kith(&["dev", "seed", "--users", "1000", "--follows", "3000", "--dir"]);
    command.arg(dir.path()).env("DATABASE_URL", empty.database_url());
    let output = output(command);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(empty.count("users").await, 0);
    assert!(dir.path().join("postgres").is_dir());
}
