//! `kith migrate --citus`.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::command::{distribute, doctor, run};
use crate::support::citus;
use crate::support::database::{connect_to, database_url};

async fn number(connection: &mut PgConnection, statement: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_database_is_distributed_and_a_run_after_a_failure_continues() {
    let nodes = citus::nodes().expect("KITH_CITUS_URL");
    let url = database_url(&citus::create_empty(&nodes).await);
    let seeded = run("", &["dev", "seed", "--url", &url, "--users", "1000", "--follows", "5000"]);
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));

    let mut connection = connect_to(&url).await;
    let (code, stdout, stderr) = distribute(&url);
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("others are connected"), "{stderr}");
    // A step that cannot be done: the name of an index is taken.
    sqlx::raw_sql("CREATE TABLE users.followers_newest_idx ()").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let (code, stdout, stderr) = distribute(&url);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("done: users.users: shard by id"), "{stdout}");
    assert!(stderr.contains("cannot do this step: users.followers, users.hidden_followers"), "{stderr}");

    let mut connection = connect_to(&url).await;
    assert_eq!(number(&mut connection, "SELECT count(*) FROM users.users").await, 1000);
    sqlx::raw_sql("DROP TABLE users.followers_newest_idx").execute(&mut connection).await.unwrap();
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
    assert_eq!(number(&mut connection, nodes_with_users).await, i64::try_from(nodes.len() - 1).unwrap());
    // Citus refuses to move a shard without blocking writes unless each table has a key for its rows.
    let move_shard = "SELECT citus_move_shard_placement(shardid, nodename, nodeport, other_name, other_port, 'auto')
                      FROM citus_shards, LATERAL (SELECT n.nodename AS other_name, n.nodeport AS other_port
                                                  FROM pg_dist_node n WHERE n.nodeport <> citus_shards.nodeport
                                                      AND n.shouldhaveshards LIMIT 1) other
                      WHERE table_name = 'users.users'::regclass ORDER BY shardid LIMIT 1";
    sqlx::query(AssertSqlSafe(move_shard)).execute(&mut connection).await.unwrap();
    assert_eq!(number(&mut connection, "SELECT count(*) FROM users.users").await, 1000);
}
