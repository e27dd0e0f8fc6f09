//! `alembic upgrade head`, the command that operators know, beside the service: USER-INFRA-001.2,
//! 002.2, 003.2, 004.2.

use std::process::Output;

use futures::future::join_all;
use kith::server::run::migrate;
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::database::{create_empty, database_url, options, unique_name};
use crate::support::process::alembic;

/// The numbers of the SQL files.
fn numbers() -> Vec<String> {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| Some(name.strip_suffix(".sql")?[..4].to_owned())).collect()
}

/// The number of the last one.
fn last() -> String {
    numbers().into_iter().max().unwrap()
}

struct Database {
    url: String,
    connection: PgConnection,
}

impl Database {
    async fn empty() -> Self {
        let url = database_url(&create_empty().await);
        Self { connection: PgConnection::connect(&url).await.unwrap(), url }
    }

    async fn alembic(&self, arguments: &[&str]) -> Output {
        alembic(&self.url, arguments).await
    }

    async fn upgrade(&self, revision: &str) {
        let output = self.alembic(&["upgrade", revision]).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    async fn texts(&mut self, statement: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&mut self.connection).await.unwrap()
    }

    async fn execute(&mut self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.connection).await.unwrap();
    }

    async fn add_user(&mut self) {
        let user =
            "INSERT INTO users.users (id, email, username, password_hash) VALUES (gen_random_uuid(), 'a', 'b', '')";
        self.execute(user).await;
    }

    /// `name type` of a table's columns, in their order.
    async fn columns(&mut self, table: &str) -> Vec<String> {
        self.texts(&format!(
            "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
             WHERE attrelid = 'users.{table}'::regclass AND attnum > 0 ORDER BY attnum"
        ))
        .await
    }

    /// What both have noted: the service's rows, and Alembic's revision.
    async fn books(&mut self) -> Vec<String> {
        self.texts(
            "SELECT concat_ws(' ', version, description, installed_on) FROM users._sqlx_migrations
             UNION ALL SELECT version_num FROM users.alembic_version ORDER BY 1",
        )
        .await
    }

    /// Starts what the service starts with, as a role that may not change anything.
    async fn service_finds_nothing_to_do(&mut self) {
        let role = unique_name();
        self.execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA users TO {role};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA users TO {role}"
        ))
        .await;
        migrate::run(&options(&self.url).username(&role).password("x")).await.expect("nothing to do");
    }
}

#[tokio::test]
async fn user_infra_001_2_s1_upgrade_head_on_an_empty_database_twice_then_the_service() {
    let mut database = Database::empty().await;
    database.upgrade("head").await;
    let books = database.books().await;
    assert!(books.contains(&last()), "{books:?}");
    let tables = database.texts("SELECT tablename::text FROM pg_tables WHERE schemaname = 'users'").await;
    assert!(["users", "email_verifications"].iter().all(|table| tables.iter().any(|name| name == table)), "{tables:?}");
    let elsewhere = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.texts(elsewhere).await, [""; 0]);

    database.add_user().await;
    database.upgrade("head").await;
    database.service_finds_nothing_to_do().await;
    assert_eq!(database.books().await, books);
    assert_eq!(database.texts("SELECT username FROM users.users").await, ["b"]);
}

#[tokio::test]
async fn after_the_service_there_is_nothing_left_to_run() {
    let mut database = Database::empty().await;
    migrate::run(&options(&database.url)).await.expect("migrations");
    database.add_user().await;
    // A file that ran again would put this back.
    database.execute("DROP INDEX users.users_unverified_idx").await;
    let noted = database.texts("SELECT installed_on::text FROM users._sqlx_migrations ORDER BY version").await;
    database.upgrade("head").await;
    let again = database.texts("SELECT installed_on::text FROM users._sqlx_migrations ORDER BY version").await;
    assert_eq!(again, noted);
    assert_eq!(database.texts("SELECT version_num FROM users.alembic_version").await, [last()]);
    assert_eq!(
        database.texts("SELECT 'there' WHERE to_regclass('users.users_unverified_idx') IS NOT NULL").await,
        [""; 0]
    );
    assert_eq!(database.texts("SELECT username FROM users.users").await, ["b"]);
    database.service_finds_nothing_to_do().await;
}

#[tokio::test]
async fn user_infra_002_2_s1_003_2_s1_004_2_s1_each_file_is_a_step_of_its_own() {
    let mut database = Database::empty().await;
    database.upgrade("0003").await;
    let tokens = database.columns("refresh_tokens").await;
    for column in ["token_hash bytea", "user_id uuid", "expires_at timestamp with time zone", "revoked boolean"] {
        assert!(tokens.iter().any(|name| name == column), "{tokens:?}");
    }
    let unique = database.texts("SELECT indexdef FROM pg_indexes WHERE tablename = 'refresh_tokens'").await;
    assert!(unique.iter().any(|index| index.contains("UNIQUE") && index.ends_with("(token_hash)")), "{unique:?}");

    database.add_user().await;
    let profile = ["display_name character varying(100)", "bio character varying(300)", "avatar_url text"];
    let before = database.columns("users").await;
    assert!(before.iter().all(|column| !profile.contains(&column.as_str())), "{before:?}");
    database.upgrade("0004").await;
    let after = database.columns("users").await;
    assert!(profile.iter().all(|column| after.iter().any(|name| name == column)), "{after:?}");
    let untouched = "SELECT username FROM users.users WHERE num_nulls(display_name, bio, avatar_url) = 3";
    assert_eq!(database.texts(untouched).await, ["b"]);

    database.upgrade("0007").await;
    assert_eq!(
        database.columns("follows").await,
        ["follower_id uuid", "followee_id uuid", "created_at timestamp with time zone"]
    );
    let constraints = "SELECT pg_get_constraintdef(oid) FROM pg_constraint
                       WHERE conrelid = 'users.follows'::regclass AND contype IN ('p', 'f') ORDER BY 1";
    assert_eq!(
        database.texts(constraints).await,
        [
            "FOREIGN KEY (followee_id) REFERENCES users.users(id) ON DELETE CASCADE",
            "FOREIGN KEY (follower_id) REFERENCES users.users(id) ON DELETE CASCADE",
            "PRIMARY KEY (follower_id, followee_id)",
        ]
    );
    // The service takes over half-way, and Alembic after it.
    migrate::run(&options(&database.url)).await.expect("the rest");
    database.upgrade("head").await;
    assert!(database.books().await.contains(&last()));
}

#[tokio::test]
async fn alembic_and_instances_that_start_at_once_wait_for_each_other() {
    let mut database = Database::empty().await;
    let services = join_all((0..3).map(|_| async { migrate::run(&options(&database.url)).await }));
    let alembics = join_all((0..3).map(|_| database.upgrade("head")));
    let (services, _) = tokio::join!(services, alembics);
    for outcome in services {
        outcome.expect("migrations");
    }
    let versions = "SELECT count(*)::text FROM users._sqlx_migrations WHERE success";
    assert_eq!(database.texts(versions).await, [numbers().len().to_string()]);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let mut database = Database::empty().await;
    database.upgrade("head").await;
    let books = database.books().await;
    let refused = async |database: &Database, arguments: &[&str], why: &str| {
        let output = database.alembic(arguments).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why), "{said}");
        assert!(!said.contains("Traceback"), "{said}");
    };
    refused(&database, &["downgrade", "-1"], "migrations only add").await;
    assert_eq!(database.books().await, books);

    // A file that was edited after it ran: the service refuses it, too.
    database
        .execute("DELETE FROM users.alembic_version; UPDATE users._sqlx_migrations SET checksum = '' WHERE version = 3")
        .await;
    refused(&database, &["upgrade", "head"], "migration 0003 has run, but its file was changed").await;
    let pool = PgPool::connect(&database.url).await.unwrap();
    assert!(migrate::run(&pool.connect_options()).await.is_err());
}
