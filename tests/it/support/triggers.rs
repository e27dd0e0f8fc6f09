//! Triggers by which tests see or disturb what the service writes. On a cluster, they run on the node that has the row.

use serde::de::DeserializeOwned;
use sqlx::{AssertSqlSafe, PgPool};

use super::citus;

/// Creates triggers and their functions. Distributed tables accept triggers only on request.
pub async fn create(pool: &PgPool, statements: &[impl AsRef<str>]) {
    let mut transaction = pool.begin().await.expect("a transaction");
    let on_request = "SET LOCAL citus.enable_unsafe_triggers = on";
    for statement in citus::nodes().map(|_| on_request).into_iter().chain(statements.iter().map(AsRef::as_ref)) {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await.expect("a trigger");
    }
    transaction.commit().await.expect("a commit");
}

/// Runs a statement on each node, for what triggers use.
pub async fn run_everywhere(pool: &PgPool, statement: &str) {
    if citus::nodes().is_none() {
        sqlx::query(AssertSqlSafe(statement)).execute(pool).await.expect("a statement");
        return;
    }
    let failed = "SELECT result FROM run_command_on_all_nodes($1) WHERE NOT success";
    let failed: Vec<String> = sqlx::query_scalar(failed).bind(statement).fetch_all(pool).await.expect("a statement");
    assert_eq!(failed, [""; 0], "{statement}");
}

/// The rows of a query on all nodes.
pub async fn rows_everywhere<Row: DeserializeOwned>(pool: &PgPool, query: &str) -> Vec<Row> {
    let rows = format!("SELECT coalesce(json_agg(found), '[]')::text FROM ({query}) found");
    let everywhere =
        if citus::nodes().is_some() { "SELECT result FROM run_command_on_all_nodes($1)" } else { rows.as_str() };
    let everywhere = sqlx::query_scalar::<_, String>(AssertSqlSafe(everywhere));
    let everywhere = if citus::nodes().is_some() { everywhere.bind(&rows) } else { everywhere };
    let found = everywhere.fetch_all(pool).await.expect("rows");
    found.iter().flat_map(|rows| serde_json::from_str::<Vec<Row>>(rows).expect(rows)).collect()
}

/// How many rows a transaction wrote to a table in one way: `INSERT` or `DELETE`.
#[derive(Debug, serde::Deserialize)]
pub struct Written {
    pub transaction: i64,
    pub name: String,
    pub operation: String,
    pub count: i64,
}

/// Records what the service inserts into these tables, and deletes from them.
pub async fn record_writes(pool: &PgPool, tables: &[&str]) {
    run_everywhere(pool, "CREATE TABLE public.writes (transaction bigint, name text, operation text, count bigint)")
        .await;
    // All nodes know a transaction by the same number, if it is on several. The name of a shard ends with its number.
    let transaction = if citus::nodes().is_some() {
        "coalesce(nullif((get_current_transaction_id()).transaction_number, 0), -txid_current())"
    } else {
        "txid_current()"
    };
    let function = format!(
        "CREATE FUNCTION users.record_writes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO public.writes
             SELECT {transaction}, regexp_replace(TG_TABLE_NAME, '_[0-9]+$', ''), TG_OP, count(*) FROM written
             HAVING count(*) > 0;
             RETURN NULL;
         END $$"
    );
    let mut statements = vec![function];
    for table in tables {
        for (operation, rows) in [("INSERT", "NEW"), ("DELETE", "OLD")] {
            statements.push(format!(
                "CREATE TRIGGER record_{operation} AFTER {operation} ON users.{table}
                 REFERENCING {rows} TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION users.record_writes()"
            ));
        }
    }
    create(pool, &statements).await;
}

/// What was written since the last call.
pub async fn take_writes(pool: &PgPool) -> Vec<Written> {
    let writes = "SELECT transaction, name, operation, sum(count)::bigint AS count FROM public.writes GROUP BY 1, 2, 3";
    let mut sums: Vec<Written> = Vec::new();
    for written in rows_everywhere::<Written>(pool, writes).await {
        let same = |sum: &&mut Written| {
            (sum.transaction, &sum.name, &sum.operation) == (written.transaction, &written.name, &written.operation)
        };
        match sums.iter_mut().find(same) {
            Some(sum) => sum.count += written.count,
            None => sums.push(written),
        }
    }
    run_everywhere(pool, "DELETE FROM public.writes").await;
    sums
}
