//! Migrations: USER-INFRA-001.2, 002.2, 003.2 as the binary runs them.

use futures::future::join_all;
use kith::server::run::migrate;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::database::{create_empty, database_url, options};

/// The SQL files, as Alembic runs them.
const FILES: [&str; 4] = [
    include_str!("../../../migrations/0001_users.sql"),
    include_str!("../../../migrations/0002_email_outbox.sql"),
    include_str!("../../../migrations/0003_refresh_tokens.sql"),
    include_str!("../../../migrations/0004_profiles.sql"),
];

async fn empty() -> (String, PgConnection) {
    let url = database_url(&create_empty().await);
    let connection = PgConnection::connect(&url).await.expect("a connection");
    (url, connection)
}

async fn tables(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT schemaname || '.' || tablename FROM pg_tables
         WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
    )
    .fetch_all(connection)
    .await
    .expect("tables")
}

async fn applied(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM users._sqlx_migrations").fetch_one(connection).await.expect("a count")
}

#[tokio::test]
async fn user_infra_001_2_s1_a_clean_database_gets_its_tables_and_a_second_run_changes_nothing() {
    let (url, mut connection) = empty().await;
    for _ in 0..2 {
        migrate::run(&options(&url)).await.expect("migrations");
        let tables = tables(&mut connection).await;
        for table in ["users.users", "users.email_verifications"] {
            assert!(tables.iter().any(|name| name == table), "{tables:?}");
        }
        assert!(tables.iter().all(|name| name.starts_with("users.")), "nothing outside the schema: {tables:?}");
        assert!(applied(&mut connection).await >= 4);
    }
}

#[tokio::test]
async fn user_infra_002_2_s1_the_table_of_refresh_tokens_is_as_the_story_says() {
    let (url, mut connection) = empty().await;
    migrate::run(&options(&url)).await.expect("migrations");
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns
         WHERE table_schema = 'users' AND table_name = 'refresh_tokens'",
    )
    .fetch_all(&mut connection)
    .await
    .expect("columns");
    for column in ["token_hash", "user_id", "expires_at", "revoked"] {
        assert!(columns.iter().any(|name| name == column), "{column}: {columns:?}");
    }
    let unique: Vec<String> = sqlx::query_scalar(
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index
         WHERE indrelid = 'users.refresh_tokens'::regclass AND indisunique",
    )
    .fetch_all(&mut connection)
    .await
    .expect("indexes");
    assert!(unique.iter().any(|index| index.ends_with("(token_hash)")), "{unique:?}");
}

#[tokio::test]
async fn many_instances_that_start_at_once_do_not_disturb_each_other() {
    let (url, mut connection) = empty().await;
    for outcome in join_all((0..8).map(|_| async { migrate::run(&options(&url)).await })).await {
        outcome.expect("migrations");
    }
    assert!(applied(&mut connection).await >= 4);
}

#[tokio::test]
async fn a_database_that_alembic_migrated_is_accepted_with_what_it_holds() {
    let (url, mut connection) = empty().await;
    for file in FILES {
        sqlx::raw_sql(file).execute(&mut connection).await.expect("a migration");
    }
    sqlx::raw_sql(
        "INSERT INTO users.users (id, email, username, password_hash) VALUES (gen_random_uuid(), 'a', 'b', 'c')",
    )
    .execute(&mut connection)
    .await
    .expect("a row");
    migrate::run(&options(&url)).await.expect("migrations");
    let users: i64 =
        sqlx::query_scalar("SELECT count(*) FROM users.users").fetch_one(&mut connection).await.expect("a count");
    assert_eq!(users, 1);
    // And Alembic may come again.
    for file in FILES {
        sqlx::raw_sql(file).execute(&mut connection).await.expect("a migration");
    }
}

#[tokio::test]
async fn where_nothing_is_left_to_do_a_role_without_ddl_rights_will_do() {
    let (url, mut connection) = empty().await;
    migrate::run(&options(&url)).await.expect("migrations");
    let role = crate::support::database::unique_name();
    let statement = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA users TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA users TO {role}"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("a role");
    migrate::run(&options(&url).username(&role).password("x")).await.expect("nothing to do");
}

#[tokio::test]
async fn an_older_version_starts_on_a_database_that_a_newer_one_migrated() {
    let (url, mut connection) = empty().await;
    migrate::run(&options(&url)).await.expect("migrations");
    sqlx::raw_sql("INSERT INTO users._sqlx_migrations VALUES (9999, 'newer', now(), true, '\\x00', 0)")
        .execute(&mut connection)
        .await
        .expect("a row");
    migrate::run(&options(&url)).await.expect("still fine");
}
