//! Turns a migrated database into the layout for several machines, with Citus: everything of a user in one shard.
//!
//! Each step is checked before it runs and is one transaction, so that a failed run continues where it stopped.

use anyhow::{Context as _, ensure};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::{apply, connect, is_up_to_date, require_utf8};

/// The first version that was tested. Tables of one shard need 12.
const MIN_VERSION: i32 = 13;

/// Tables with the column whose hash decides on the shard, and the table whose shards are on the same machines.
const SHARDED: &[(&str, &str, &str)] = &[
    ("users", "id", "none"),
    ("sign_ins", "user_id", "users.users"),
    ("refresh_tokens", "user_id", "users.users"),
    ("one_time_tokens", "user_id", "users.users"),
    ("email_verifications", "user_id", "users.users"),
    ("follows", "follower_id", "users.users"),
    ("hidden_follows", "follower_id", "users.users"),
    ("follow_counts", "user_id", "users.users"),
    ("suggestions", "user_id", "users.users"),
    ("relations", "user_id", "users.users"),
    ("openings", "user_id", "users.users"),
    ("search_terms", "user_id", "users.users"),
    ("reports", "user_id", "users.users"),
    ("sessions", "id_hash", "none"),
    ("flashes", "id_hash", "none"),
    ("rate_buckets", "subject_hash", "none"),
    ("username_holds", "folded", "none"),
    ("username_looks", "look", "none"),
];

/// Queues and leases: one shard each, which any node may use.
const ONE_SHARD: &[&str] = &["email_outbox", "avatar_removals", "leases"];

/// Tables of the coordinator that any node may use: logs, which need triggers and an order, and what hardly anyone
/// uses.
const LOCAL: &[&str] = &["audit_log", "events", "rate_limits", "_sqlx_migrations"];

/// A part of the work.
struct Step {
    title: String,
    /// An expression that says whether the step has been done.
    is_done: String,
    sql: String,
}

impl Step {
    fn new(title: impl Into<String>, is_done: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { title: title.into(), is_done: is_done.into(), sql: sql.into() }
    }

    /// Makes Citus know a table.
    fn distribute(table: &str, how: &str, call: &str) -> Self {
        let is_done =
            format!("EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass('users.{table}'))");
        Self::new(format!("users.{table}: {how}"), is_done, format!("SELECT {call}"))
    }
}

/// Distributes the database that `options` lead to, the coordinator's. `say` is told what will be done, then each step.
///
/// # Errors
/// If the cluster or the database is not ready, or a step fails: nothing of that step remains.
pub async fn run(options: &PgConnectOptions, say: impl Fn(&str)) -> anyhow::Result<()> {
    let mut connection = connect(options).await.context("cannot connect to the database")?;
    require_utf8(&mut connection).await?;
    connection.execute("SET statement_timeout = 0; SET client_min_messages = warning").await?;
    check_cluster(&mut connection).await?;
    ensure!(is_up_to_date(&mut connection).await?, "the database is not up to date: run `kith migrate` first");
    apply::lock(&mut connection).await?;
    let pending = pending(&mut connection).await?;
    if !pending.is_empty() {
        require_alone(&mut connection).await?;
    }
    say(&format!("{} steps to do", pending.len() + 1));
    for step in &pending {
        say(&format!("- {}", step.title));
    }
    let functions = Step::new(
        "Replace the functions that differ on several machines",
        "false",
        concat!(
            include_str!("../../../../migrations/citus/functions_accounts.sql"),
            include_str!("../../../../migrations/citus/functions.sql")
        ),
    );
    say(&format!("- {}", functions.title));
    for step in pending.iter().chain([&functions]) {
        let mut transaction = connection.begin().await?;
        let done = sqlx::raw_sql(AssertSqlSafe(step.sql.as_str())).execute(&mut *transaction).await;
        done.with_context(|| format!("cannot do this step: {}", step.title))?;
        transaction.commit().await.with_context(|| format!("cannot commit this step: {}", step.title))?;
        say(&format!("done: {}", step.title));
    }
    connection.close().await?;
    Ok(())
}

/// Returns whether the database has the layout for several machines.
pub async fn is_sharded(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT users.is_sharded()").fetch_one(connection).await
}

/// Returns the titles of the steps that are left: none, unless a run failed or a later migration has added a table.
pub async fn left(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    Ok(pending(connection).await?.into_iter().map(|step| step.title).collect())
}

async fn pending(connection: &mut PgConnection) -> sqlx::Result<Vec<Step>> {
    let mut pending = Vec::new();
    for step in steps() {
        let is_done = AssertSqlSafe(format!("SELECT {}", step.is_done));
        if !sqlx::query_scalar::<_, bool>(is_done).fetch_one(&mut *connection).await? {
            pending.push(step);
        }
    }
    Ok(pending)
}

fn steps() -> Vec<Step> {
    let is_table =
        |name: &str| format!("EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('users.{name}') AND relkind = 'r')");
    let mut steps = vec![Step::new(
        "Remove the triggers, keys and views that distributed tables cannot have",
        "to_regclass('users.token_families') IS NULL",
        include_str!("../../../../migrations/citus/release.sql"),
    )];
    for (table, column, colocated) in SHARDED {
        steps.push(Step::distribute(
            table,
            &format!("shard by {column}"),
            &format!("create_distributed_table('users.{table}', '{column}', colocate_with => '{colocated}')"),
        ));
    }
    steps.push(Step::distribute("hidings", "copy to all nodes", "create_reference_table('users.hidings')"));
    for table in ONE_SHARD {
        steps.push(Step::distribute(
            table,
            "one shard",
            &format!("create_distributed_table('users.{table}', NULL, colocate_with => 'none')"),
        ));
    }
    for table in LOCAL {
        steps.push(Step::distribute(
            table,
            "on the coordinator, for all nodes",
            &format!("citus_add_local_table_to_metadata('users.{table}')"),
        ));
    }
    steps.push(Step::new(
        "users.followers, users.hidden_followers: a copy of the follows, sharded by followee",
        is_table("followers"),
        include_str!("../../../../migrations/citus/mirror.sql"),
    ));
    steps.push(Step::new(
        "users.email_claims, users.username_claims: who has an address or a username",
        is_table("email_claims"),
        include_str!("../../../../migrations/citus/claim_tables.sql"),
    ));
    steps.push(Step::new(
        "Add the foreign keys within a shard",
        // The last ones that the file adds.
        "EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'users.refresh_tokens'::regclass
                     AND conname = 'refresh_tokens_family_id_fkey' AND cardinality(conkey) = 2)
         AND EXISTS (SELECT FROM pg_constraint WHERE conname = 'reports_user_id_fkey')",
        include_str!("../../../../migrations/citus/keys.sql"),
    ));
    steps.push(Step::new(
        "Add the triggers of the logs",
        "EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'users.events'::regclass
                     AND tgname = 'events_transaction_id')",
        include_str!("../../../../migrations/citus/logs.sql"),
    ));
    steps
}

/// Checks that the connection leads to the coordinator of a cluster that works.
async fn check_cluster(connection: &mut PgConnection) -> anyhow::Result<()> {
    let version = "SELECT split_part(extversion, '.', 1)::int FROM pg_extension WHERE extname = 'citus'";
    let version: Option<i32> = sqlx::query_scalar(version).fetch_optional(&mut *connection).await?;
    let version =
        version.context("the database has no Citus: run CREATE EXTENSION citus in this database on every node")?;
    ensure!(version >= MIN_VERSION, "Citus {version} is too old: it must be {MIN_VERSION} or later");
    let (is_coordinator, is_known, workers): (bool, bool, i64) = sqlx::query_as(
        "SELECT citus_is_coordinator(), EXISTS (SELECT FROM pg_dist_node WHERE groupid = 0),
                (SELECT count(*) FROM pg_dist_node WHERE groupid <> 0 AND isactive AND noderole = 'primary')",
    )
    .fetch_one(&mut *connection)
    .await?;
    ensure!(is_coordinator, "DATABASE_URL leads to a worker: it must lead to the coordinator");
    ensure!(is_known, "the workers do not know the coordinator: run SELECT citus_set_coordinator_host('…')");
    ensure!(workers > 0, "the cluster has no worker: run SELECT citus_add_node('…', 5432) for each");
    let unreachable = "SELECT DISTINCT to_nodename || ':' || to_nodeport FROM citus_check_cluster_node_health()
                       WHERE result IS NOT TRUE ORDER BY 1";
    let unreachable: Vec<String> = sqlx::query_scalar(unreachable).fetch_all(connection).await?;
    ensure!(unreachable.is_empty(), "not all nodes reach {}", unreachable.join(", "));
    Ok(())
}

/// Checks that no one else uses the database: a table is locked while it is distributed, and between two steps the
/// service would not work.
async fn require_alone(connection: &mut PgConnection) -> anyhow::Result<()> {
    let others = "SELECT DISTINCT coalesce(nullif(application_name, ''), 'unnamed') FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
                      AND application_name NOT LIKE 'citus%' ORDER BY 1";
    let others: Vec<String> = sqlx::query_scalar(others).fetch_all(connection).await?;
    ensure!(others.is_empty(), "others are connected ({}): stop all instances first", others.join(", "));
    Ok(())
}
