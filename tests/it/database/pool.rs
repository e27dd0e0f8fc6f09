//! The pool that keeps connections between statements.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use kith::base::database::begin;
use kith::base::database::pool::Pool;
use sqlx::postgres::PgPoolOptions;

use crate::support::database::{TestDatabase, options, terminate_connections};

/// A pool that returns kept connections only when they are needed, not by the clock.
async fn pool(database: &TestDatabase, connections: u32) -> Pool {
    let pool = PgPoolOptions::new().max_connections(connections).connect_with(options(&database.url));
    pool.await.unwrap().into()
}

async fn backend(pool: &Pool) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(pool).await
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_get_the_connections_that_statements_keep() {
    let database = TestDatabase::create().await;
    let pool = pool(&database, 2).await;
    let statements = async || {
        for _ in 0..200 {
            backend(&pool).await.unwrap();
        }
    };
    let transactions = async || {
        for _ in 0..50 {
            begin(&pool).await.unwrap().commit().await.unwrap();
            drop(pool.acquire().await.unwrap());
        }
    };
    tokio::join!(join_all((0..4).map(|_| statements())), join_all((0..4).map(|_| transactions())),);
    begin(&pool).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_ended_well_keeps_its_connection_for_the_next() {
    let database = TestDatabase::create().await;
    let pool = pool(&database, 5).await;
    let first = backend(&pool).await.unwrap();
    assert_eq!(backend(&pool).await.unwrap(), first);
    assert_eq!((pool.size(), pool.idle()), (1, 1));
    let all = join_all((0..5).map(|_| sqlx::query("SELECT pg_sleep(0.1)").execute(&pool))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!((pool.size(), pool.idle()), (5, 5));
    let used: HashSet<i32> = join_all((0..20).map(|_| backend(&pool))).await.into_iter().map(Result::unwrap).collect();
    assert!(used.len() <= 5, "{used:?}");
}

#[tokio::test]
async fn a_statement_that_fails_or_is_dropped_leaves_no_trace() {
    let database = TestDatabase::create().await;
    let pool = pool(&database, 1).await;
    sqlx::query("SELECT 1 / 0").execute(&pool).await.unwrap_err();
    let slow = sqlx::query_scalar::<_, i32>("SELECT 7 FROM pg_sleep(1)").fetch_all(&pool);
    tokio::time::timeout(Duration::from_millis(50), slow).await.unwrap_err();
    let answer: i32 = sqlx::query_scalar("SELECT 8").fetch_one(&pool).await.unwrap();
    assert_eq!(answer, 8);
    assert_eq!(pool.size(), 1);
}

#[tokio::test]
async fn a_connection_that_was_lost_while_it_was_idle_is_replaced() {
    let database = TestDatabase::create().await;
    let pool = pool(&database, 1).await;
    let lost = backend(&pool).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    terminate_connections(&database.pool).await;
    assert_ne!(backend(&pool).await.unwrap(), lost);
}
