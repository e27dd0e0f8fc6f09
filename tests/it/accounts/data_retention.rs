//! `docs/data-retention.md`.

use crate::support::app::TestApp;
use crate::support::citus;

const DOCUMENT: &str = include_str!("../../../docs/data-retention.md");

#[tokio::test]
async fn the_document_lists_exactly_the_tables() {
    let app = TestApp::start().await;
    let relations = "SELECT 'users.' || relname FROM pg_class
                     WHERE relnamespace = 'users'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1";
    let relations: Vec<String> = sqlx::query_scalar(relations).fetch_all(&app.pool).await.unwrap();
    let mut listed: Vec<String> = DOCUMENT
        .lines()
        .filter_map(|line| line.strip_prefix("| `users."))
        .map(|rest| format!("users.{}", rest.split_once("` |").expect("a table name alone in its cell").0))
        .collect();
    // Only earlier versions use it, and those do not run on several machines.
    listed.retain(|table| citus::nodes().is_none() || table != "users.token_families");
    listed.sort_unstable();
    assert_eq!(listed, relations);
}

#[test]
fn every_cell_of_the_table_is_filled() {
    let rows: Vec<&str> = DOCUMENT.lines().filter(|line| line.starts_with("| `users.")).collect();
    assert!(!rows.is_empty());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 4, "{row}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{row}");
    }
}
