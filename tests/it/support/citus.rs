//! The Citus cluster at `KITH_CITUS_URL`, if the tests run on one: the URLs of its nodes, the coordinator's first.

use std::sync::Mutex;

use kith::server::run::migrate;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::OnceCell;
use url::Url;

use super::database::{add_functions, connect_to, options, unique_name};
use super::outbox::wait_until;

static TEMPLATE: OnceCell<String> = OnceCell::const_new();
/// Databases of tests that have ended. Each has a process of Citus on every node, so they do not pile up.
static FINISHED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Few shards, so that a database is created fast.
const SHARDS: u32 = 4;

/// The nodes, without the database in their URLs.
pub fn nodes() -> Option<Vec<Url>> {
    let list = std::env::var("KITH_CITUS_URL").ok().filter(|list| !list.is_empty())?;
    Some(list.split(',').map(|url| url.trim().parse().expect("KITH_CITUS_URL is a list of URLs")).collect())
}

fn database(node: &Url, name: &str) -> String {
    let mut url = node.clone();
    url.set_path(name);
    url.to_string()
}

async fn run(connection: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.expect("a statement");
}

/// Runs a statement on each node.
async fn run_on(nodes: &[Url], statement: impl Fn(&Url) -> String) {
    for node in nodes {
        let mut connection = connect_to(node.as_str()).await;
        run(&mut connection, statement(node)).await;
        connection.close().await.expect("a clean close");
    }
}

/// Creates a distributed database for one test.
pub async fn create(nodes: &[Url]) -> String {
    let finished = std::mem::take(&mut *FINISHED.lock().expect("no panic"));
    for name in finished {
        run_on(nodes, |_| format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
    let template = TEMPLATE.get_or_init(|| create_template(nodes)).await;
    let name = unique_name();
    for node in nodes {
        wait_until("the template has no connections", async || {
            let mut connection = connect_to(node.as_str()).await;
            copy(&mut connection, template, &name).await
        })
        .await;
    }
    // As docs/operations.md asks for: the service's own timeout does not reach the workers.
    run_on(&nodes[1..], |_| format!("ALTER DATABASE {name} SET lock_timeout = '250ms'")).await;
    name
}

/// Creates a database like `template`. Returns false if a process of Citus is connected to that one.
async fn copy(connection: &mut PgConnection, template: &str, name: &str) -> bool {
    let end = format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{template}'");
    run(connection, end).await;
    let create = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template}"));
    match sqlx::raw_sql(create).execute(connection).await {
        Ok(_) => true,
        Err(error) if error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("55006")) => false,
        Err(error) => panic!("cannot create a database: {error}"),
    }
}

/// Lets the database be dropped.
pub fn finish(name: String) {
    FINISHED.lock().expect("no panic").push(name);
}

/// Creates an empty database on all nodes, which know each other.
pub async fn create_empty(nodes: &[Url]) -> String {
    create_as(nodes, nodes).await
}

/// The same, where the nodes know each other by other addresses.
pub async fn create_as(nodes: &[Url], known_as: &[Url]) -> String {
    let name = unique_name();
    run_on(nodes, |_| format!("CREATE DATABASE {name}")).await;
    for node in nodes {
        let mut connection = connect_to(&database(node, &name)).await;
        run(&mut connection, "CREATE EXTENSION citus".to_owned()).await;
        connection.close().await.expect("a clean close");
    }
    let mut connection = connect_to(&database(&nodes[0], &name)).await;
    for (number, node) in known_as.iter().enumerate() {
        let (host, port) = (node.host_str().expect("a host"), node.port().unwrap_or(5432));
        let function = if number == 0 { "citus_set_coordinator_host" } else { "citus_add_node" };
        run(&mut connection, format!("SELECT {function}('{host}', {port})")).await;
    }
    run(&mut connection, format!("ALTER DATABASE {name} SET citus.shard_count = {SHARDS}")).await;
    connection.close().await.expect("a clean close");
    name
}

async fn create_template(nodes: &[Url]) -> String {
    let name = create_empty(nodes).await;
    let coordinator = options(&database(&nodes[0], &name));
    migrate::run(&coordinator).await.expect("migrations");
    migrate::citus::run(&coordinator, |_| {}).await.expect("the distributed layout");
    add_functions(&database(&nodes[0], &name)).await;
    // A template has no connections. Those of Citus itself are ended when it is copied.
    run_on(nodes, |_| format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")).await;
    name
}
