//! A fresh database for each test, on the server at `DATABASE_URL` or the cluster at `KITH_CITUS_URL`.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use kith::base::database::{Database, Limits};
use kith::domain::graph::follow_counts;
use kith::server::run::migrate;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::citus;

static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A migrated database for one test.
pub struct TestDatabase {
    pub url: String,
    pub pool: PgPool,
}

/// The URL of the server where tests create and alter databases: on a cluster, the coordinator.
pub fn server_url() -> url::Url {
    if let Some(nodes) = citus::nodes() {
        return nodes[0].clone();
    }
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL is not set: run the tests with `make test`");
    url.parse().expect("DATABASE_URL is a URL")
}

pub fn options(url: &str) -> PgConnectOptions {
    url.parse().expect("a PostgreSQL URL")
}

/// The URL of the database `name` on the test server.
pub fn database_url(name: &str) -> String {
    let mut url = server_url();
    url.set_path(name);
    url.to_string()
}

pub async fn connect() -> PgConnection {
    options(server_url().as_str()).connect().await.expect("a connection")
}

/// Connects to the database at `url`.
pub async fn connect_to(url: &str) -> PgConnection {
    options(url).connect().await.expect("a connection")
}

/// A database name that is unique on the server.
pub fn unique_name() -> String {
    format!("kith_test_{}_{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

async fn run(statement: String) {
    let mut connection = connect().await;
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.expect("a statement");
    connection.close().await.expect("a clean close");
}

/// Creates an empty database.
pub async fn create_empty() -> String {
    let name = unique_name();
    run(format!("CREATE DATABASE {name}")).await;
    name
}

/// Makes the pool's database reject all connections, as if the server were down.
pub async fn block_connections(pool: &PgPool) {
    alter(pool, "WITH ALLOW_CONNECTIONS false").await;
    terminate_connections(pool).await;
}

/// Creates an empty database that cannot store every character.
pub async fn create_latin1() -> String {
    let name = unique_name();
    run(format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")).await;
    name
}

/// Changes a setting of the pool's database for new connections: `SET … = …` or `RESET …`.
pub async fn alter(pool: &PgPool, change: &str) {
    run(format!("ALTER DATABASE {} {change}", name(pool))).await;
}

/// Terminates all connections to the pool's database.
pub async fn terminate_connections(pool: &PgPool) {
    run(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", name(pool))).await;
}

/// Undoes [`block_connections`].
pub async fn allow_connections(pool: &PgPool) {
    alter(pool, "WITH ALLOW_CONNECTIONS true").await;
}

/// The pool's database as a [`Database`], which operations use.
pub async fn database(pool: &PgPool) -> Database {
    Database::connect(&pool.connect_options(), Limits::default(), CancellationToken::new()).await.expect("a database")
}

/// The number of connections that wait for a lock: on a cluster, of transactions that wait on any node.
pub async fn blocked(pool: &PgPool) -> i64 {
    let statement = if citus::nodes().is_some() {
        "SELECT count(DISTINCT waiting_gpid) FROM citus_lock_waits"
    } else {
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    };
    sqlx::query_scalar(statement).fetch_one(pool).await.expect("a count")
}

/// Locks the row of a user in the transaction of a connection.
pub async fn lock_user(connection: &mut PgConnection, username: &str) {
    let id = sqlx::query_scalar("SELECT id FROM users.users WHERE username = $1").bind(username);
    let id: Uuid = id.fetch_one(&mut *connection).await.expect("a user");
    sqlx::query("SELECT FROM users.users WHERE id = $1 FOR UPDATE").bind(id).execute(connection).await.expect("a lock");
}

/// Completes changes of follows that a test made by hand: on several machines, no trigger copies and counts them.
pub async fn settle_follows(pool: &PgPool) {
    if citus::nodes().is_none() {
        return;
    }
    for (table, copy) in [("follows", "followers"), ("hidden_follows", "hidden_followers")] {
        let columns = "follower_id, followee_id, created_at";
        refill(pool, copy, columns, &format!("{columns} FROM users.{table}")).await;
    }
    follow_counts::repair(&pool.clone().into()).await.expect("a repair");
}

/// Claims the addresses and usernames of all users: on several machines, users that a test inserted are not found by
/// them otherwise.
pub async fn settle_claims(pool: &PgPool) {
    if citus::nodes().is_none() {
        return;
    }
    for (table, column) in [("email_claims", "email"), ("username_claims", "username")] {
        let rows = format!("lower({column} COLLATE \"C\"), id FROM users.users");
        refill(pool, table, "folded, user_id", &rows).await;
    }
}

/// Replaces all rows of a table.
async fn refill(pool: &PgPool, table: &str, columns: &str, rows: &str) {
    let statements =
        format!("BEGIN; DELETE FROM users.{table}; INSERT INTO users.{table} ({columns}) SELECT {rows}; COMMIT");
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(pool).await.expect("new rows");
}

/// Deletes a user by hand: on one machine with one statement, on which triggers act.
pub async fn delete_user(pool: &PgPool, user: Uuid) -> sqlx::Result<()> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    delete_user_in(&mut transaction, user).await?;
    transaction.commit().await
}

/// Does the same in a transaction.
pub async fn delete_user_in(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    if citus::nodes().is_some() {
        for statement in [
            "SELECT users.forget_follows($1)",
            "SELECT users.delete_relations($1, 1000)",
            "DELETE FROM users.email_claims WHERE user_id = $1",
            "DELETE FROM users.username_claims WHERE user_id = $1",
        ] {
            sqlx::query(statement).bind(user).execute(&mut *connection).await?;
        }
    }
    sqlx::query("DELETE FROM users.users WHERE id = $1").bind(user).execute(connection).await?;
    Ok(())
}

fn name(pool: &PgPool) -> String {
    pool.connect_options().get_database().expect("a name").to_owned()
}

/// Adds what tests use to make rows older, to a migrated database. It counts as immutable, because a distributed table
/// accepts no other function of its columns in an UPDATE.
pub async fn add_functions(url: &str) {
    let mut connection = connect_to(url).await;
    sqlx::raw_sql(
        "CREATE FUNCTION earlier(moment timestamptz, age interval) RETURNS timestamptz LANGUAGE sql IMMUTABLE
         AS 'SELECT $1 - $2'",
    )
    .execute(&mut connection)
    .await
    .expect("a function");
    connection.close().await.expect("a clean close");
}

impl TestDatabase {
    pub async fn create() -> Self {
        if let Some(nodes) = citus::nodes() {
            return Self::at(&citus::create(&nodes).await);
        }
        let template = TEMPLATE
            .get_or_init(|| async {
                let name = create_empty().await;
                migrate::run(&options(&database_url(&name))).await.expect("migrations");
                add_functions(&database_url(&name)).await;
                name
            })
            .await;
        let name = unique_name();
        run(format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self::at(&name)
    }

    /// Creates an empty database with this ICU locale.
    pub async fn create_with_locale(locale: &str) -> Self {
        let name = unique_name();
        run(format!("CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE '{locale}'")).await;
        Self::at(&name)
    }

    /// A database that exists.
    pub fn at(name: &str) -> Self {
        let url = database_url(name);
        let pool = PgPoolOptions::new().max_connections(2).connect_lazy_with(options(&url));
        Self { url, pool }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if citus::nodes().is_some() {
            citus::finish(name(&self.pool));
        }
    }
}
