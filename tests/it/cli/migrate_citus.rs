//! `kith migrate --citus`, and `kith doctor` on the database that it makes. All but the first test need a cluster.

use std::process::Output;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::app::TestApp;
use crate::support::citus;
use crate::support::database::{connect_to, create_empty, database_url};
use crate::support::process::{kith, output};
use crate::support::user::{TestUser, test_user};

fn run(url: &str, arguments: &[&str]) -> Output {
    let mut command = kith(arguments);
    command.env("DATABASE_URL", url);
    output(command)
}

fn distribute(url: &str) -> (Option<i32>, String, String) {
    let output = run(url, &["migrate", "--citus"]);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn doctor(url: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(url, &[&["doctor"], arguments].concat());
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

async fn number(connection: &mut PgConnection, statement: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_citus_is_migrated_but_not_distributed() {
    let url = database_url(&create_empty().await);
    let (code, stdout, stderr) = distribute(&url);
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("the database has no Citus: run CREATE EXTENSION citus"), "{stderr}");
    assert!(doctor(&url, &[]).1.contains("layout      one machine"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_database_is_distributed_and_a_run_after_a_failure_continues() {
    let Some(nodes) = citus::nodes() else { return };
    let url = database_url(&citus::create_empty(&nodes).await);
    let seeded = run("", &["dev", "seed", "--url", &url, "--users", "1000", "--follows", "5000"]);
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));

    let mut connection = connect_to(&url).await;
    let (code, stdout, stderr) = distribute(&url);
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("others are connected"), "{stderr}");
    // A step that cannot be done: its table exists, with other contents.
    sqlx::raw_sql("CREATE TABLE users.hidden_followers ()").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let (code, stdout, stderr) = distribute(&url);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("done: users.users: shard by id"), "{stdout}");
    assert!(stderr.contains("users.hidden_followers"), "{stderr}");

    let mut connection = connect_to(&url).await;
    assert_eq!(number(&mut connection, "SELECT count(*) FROM users.users").await, 1000);
    sqlx::raw_sql("DROP TABLE users.hidden_followers").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let (code, stdout, stderr) = distribute(&url);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(!stdout.contains("users.users: shard by id") && stdout.contains("users.followers"), "{stdout}");
    let (code, stdout, _) = distribute(&url);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(stdout.starts_with("1 steps to do\n"), "{stdout}");

    let (code, stdout) = doctor(&url, &[]);
    assert_eq!(code, Some(0), "{stdout}");
    for line in
        ["layout      several machines, 0 steps", "claims      0 wrong", "followers   0 wrong", "counts      0 wrong"]
    {
        assert!(stdout.contains(line), "{stdout}");
    }
    let mut connection = connect_to(&url).await;
    for table in ["users", "email_claims", "username_claims"] {
        assert_eq!(number(&mut connection, &format!("SELECT count(*) FROM users.{table}")).await, 1000, "{table}");
    }
    assert_eq!(number(&mut connection, "SELECT count(*) FROM users.followers").await, 5000);
    let nodes_with_users =
        "SELECT count(DISTINCT nodeport) FROM citus_shards WHERE table_name = 'users.users'::regclass";
    assert_eq!(number(&mut connection, nodes_with_users).await, nodes.len() as i64 - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_claims_and_copies_are_reported_and_corrected() {
    if citus::nodes().is_none() {
        return;
    }
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    for (follower, followee) in [(&ann, &ben), (&cat, &ben), (&ben, &cat)] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let (code, stdout) = doctor(app.database_url(), &[]);
    assert_eq!(code, Some(0), "{stdout}");
    let TestUser { id, .. } = &ann;
    for statement in [
        "DELETE FROM users.username_claims WHERE folded = 'cat'".to_owned(),
        format!("INSERT INTO users.email_claims VALUES ('gone@example.org', '{id}')"),
        format!("DELETE FROM users.followers WHERE followee_id = '{}' AND follower_id = '{id}'", ben.id),
        format!("INSERT INTO users.followers VALUES ('{id}', '{}', now())", cat.id),
    ] {
        app.run(&statement).await;
    }
    let (code, stdout) = doctor(app.database_url(), &[]);
    assert_eq!(code, Some(1), "{stdout}");
    for line in ["claims      2 wrong", "followers   2 wrong", "counts      2 wrong"] {
        assert!(stdout.contains(line), "{stdout}");
    }
    assert!(!stdout.contains("example.org"), "{stdout}");
    let (code, stdout) = doctor(app.database_url(), &["--fix"]);
    assert_eq!(code, Some(0), "{stdout}");
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await, cat.counts(&app).await), ((0, 1), (2, 1), (1, 1)));
    app.login("cat").await.expect(200);
    app.get("/profiles/cat").await.expect(200);
    assert_eq!(doctor(app.database_url(), &[]).0, Some(0));
}
