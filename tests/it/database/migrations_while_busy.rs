//! Migrations on a database that others use, run by the binary and by Alembic.

use std::time::Duration;

use futures::future::join_all;
use kith::server::run::migrate;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::database::{TestDatabase, connect_to, options};
use crate::support::outbox::wait_until;
use crate::support::process::alembic;

/// The file without a transaction that these tests run.
const CONCURRENT: i64 = 10;
const BUILD: &str = "CREATE INDEX CONCURRENTLY refresh_tokens_live_idx
                     ON users.refresh_tokens (family_id, expires_at) WHERE NOT revoked";

#[derive(Clone, Copy, Debug)]
enum By {
    Service,
    Alembic,
}

impl By {
    async fn migrate(self, url: String) {
        match self {
            Self::Service => migrate::run(&options(&url)).await.expect("migrations"),
            Self::Alembic => {
                let output = alembic(&url, &["upgrade", "head"]).await;
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
}

async fn run(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

async fn holds(connection: &mut PgConnection, question: &str) -> bool {
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT EXISTS ({question})"))).fetch_one(connection).await.unwrap()
}

/// A database on which the file `version` is to run.
async fn behind(version: i64) -> (TestDatabase, PgConnection) {
    let database = TestDatabase::create().await;
    let mut connection = connect_to(&database.url).await;
    run(&mut connection, &format!("DELETE FROM users._sqlx_migrations WHERE version = {version}")).await;
    (database, connection)
}

/// The index of the concurrent file: whether it is valid, or nothing.
async fn index(connection: &mut PgConnection) -> Option<bool> {
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('users.refresh_tokens_live_idx')";
    sqlx::query_scalar(valid).fetch_optional(connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_read_while_a_migration_waits_for_a_long_report() {
    for by in [By::Service, By::Alembic] {
        // 0004 alters users.users.
        let (database, mut connection) = behind(4).await;
        let mut report = connect_to(&database.url).await;
        run(&mut report, "BEGIN; SELECT count(*) FROM users.users").await;
        let migration = tokio::spawn(by.migrate(database.url.clone()));
        let waiting = "SELECT FROM pg_locks WHERE relation = 'users.users'::regclass AND NOT granted";
        wait_until("a migration waits for the lock", async || {
            holds(&mut connect_to(&database.url).await, waiting).await
        })
        .await;
        let read = tokio::time::timeout(Duration::from_secs(8), run(&mut connection, "SELECT FROM users.users"));
        assert!(read.await.is_ok(), "{by:?}: a read waited for the migration");
        assert!(!migration.is_finished(), "{by:?}");
        run(&mut report, "COMMIT").await;
        migration.await.expect("the migration runs once the report has ended");
        assert!(holds(&mut connection, "SELECT FROM users._sqlx_migrations WHERE version = 4").await, "{by:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_whose_building_was_cut_off_is_dropped_and_built_again() {
    for by in [By::Service, By::Alembic] {
        let (database, mut connection) = behind(CONCURRENT).await;
        run(&mut connection, "DROP INDEX users.refresh_tokens_live_idx").await;
        run(&mut connection, "SET lock_timeout = '100ms'").await;
        let mut writer = connect_to(&database.url).await;
        run(&mut writer, "BEGIN; DELETE FROM users.refresh_tokens").await;
        sqlx::raw_sql(BUILD).execute(&mut connection).await.expect_err("the writer is in the way");
        assert_eq!(index(&mut connection).await, Some(false), "{by:?}");
        run(&mut writer, "COMMIT").await;
        by.migrate(database.url.clone()).await;
        assert_eq!(index(&mut connection).await, Some(true), "{by:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_wait_for_their_turn_do_not_hold_up_the_one_that_builds_an_index() {
    let (database, mut connection) = behind(CONCURRENT).await;
    run(&mut connection, "DROP INDEX users.refresh_tokens_live_idx").await;
    let mut writer = connect_to(&database.url).await;
    run(&mut writer, "BEGIN; DELETE FROM users.refresh_tokens").await;
    let migrations = [By::Service, By::Alembic, By::Service, By::Alembic].map(|by| by.migrate(database.url.clone()));
    let migrations = tokio::spawn(join_all(migrations));
    let building = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
                    AND query LIKE '%INDEX CONCURRENTLY%' AND pid <> pg_backend_pid()";
    wait_until("an index is being built", async || holds(&mut connect_to(&database.url).await, building).await).await;
    // Longer than deadlock_timeout. The other instances try to take the lock in this time.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    run(&mut writer, "COMMIT").await;
    migrations.await.expect("migrations");
    assert_eq!(index(&mut connection).await, Some(true));
    let noted = format!("SELECT FROM users._sqlx_migrations WHERE version = {CONCURRENT} AND success");
    assert!(holds(&mut connection, &noted).await);
}

/// The first files are older than this rule, and ran on small tables.
#[test]
fn every_later_file_builds_the_indexes_of_existing_tables_concurrently() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    for path in folder.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "sql") || name.as_str() < "0008" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let statements: Vec<&str> = text.split(";\n").collect();
        let created =
            |table: &str| statements.iter().any(|made| made.contains(&format!("TABLE IF NOT EXISTS {table} ")));
        for statement in &statements {
            let code: Vec<&str> = statement.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
            let code = code.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            let index = code.starts_with("CREATE INDEX") || code.starts_with("CREATE UNIQUE INDEX");
            let table = code.split(" ON ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            if index && !created(table) {
                assert!(code.contains("INDEX CONCURRENTLY IF NOT EXISTS"), "{name}: {code}");
                assert!(text.starts_with("-- no-transaction\n"), "{name}");
            }
        }
    }
}
