//! Fills an empty database in one transaction, with `COPY` into tables without indexes.

use std::fmt::Write as _;

use anyhow::ensure;
use fastrand::Rng;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{Plan, graph, people};
use crate::domain::graph::follow_counts;
use crate::server::run::migrate::citus;

/// Bytes to send at once.
const CHUNK: usize = 1 << 20;

/// Constraints, indexes and triggers that slow down a bulk load. Each row contains the statement that removes one and
/// the statement that restores it, so that the migrations remain the only place that defines them.
const OBSTACLES: &str = "
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = 'users.follows'::regclass AND contype IN ('p', 'f')
    UNION ALL
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index i WHERE indrelid IN ('users.users'::regclass, 'users.follows'::regclass)
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
    UNION ALL
    SELECT 'ALTER TABLE users.follows DISABLE TRIGGER USER', 'ALTER TABLE users.follows ENABLE TRIGGER USER'";

/// Loads the users and follows of the plan.
///
/// # Errors
/// If the database already has users, or the numbers of the plan are unsuitable.
pub async fn load(connection: &mut PgConnection, plan: Plan, password_hash: &str) -> anyhow::Result<()> {
    let mut random = Rng::with_seed(plan.seed);
    let pairs = graph::draw(plan.users, plan.follows, &mut random)?;
    let is_sharded = citus::is_sharded(connection).await?;
    ensure!(!is_sharded, "the database is distributed: seed it before `kith migrate --citus`");
    let mut transaction = connection.begin().await?;
    sqlx::query("SET LOCAL maintenance_work_mem = '256MB'").execute(&mut *transaction).await?;
    sqlx::query("SET LOCAL work_mem = '128MB'").execute(&mut *transaction).await?;
    let obstacles: Vec<(String, String)> = sqlx::query_as(OBSTACLES).fetch_all(&mut *transaction).await?;
    for (removal, _) in &obstacles {
        sqlx::query(AssertSqlSafe(removal.as_str())).execute(&mut *transaction).await?;
    }
    // The table is locked, so no user can register now.
    let has_users: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM users.users)").fetch_one(&mut *transaction).await?;
    ensure!(!has_users, "the database has users: only an empty one is seeded");

    let ids = copy_users(&mut transaction, plan, password_hash, &mut random).await?;
    eprintln!("Loaded {} users", plan.users);
    copy_follows(&mut transaction, &ids, &pairs).await?;
    eprintln!("Loaded {} follows", plan.follows);
    for (_, restoration) in &obstacles {
        sqlx::query(AssertSqlSafe(restoration.as_str())).execute(&mut *transaction).await?;
    }
    eprintln!("Restored indexes and constraints");
    follow_counts::fill(&mut transaction).await?;
    sqlx::query("SELECT users.fill_looks()").execute(&mut *transaction).await?;
    transaction.commit().await?;
    // Index-only scans of lists need an up-to-date visibility map.
    for table in ["users", "follows", "follow_counts"] {
        sqlx::query(AssertSqlSafe(format!("VACUUM ANALYZE users.{table}"))).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn copy_users(
    connection: &mut PgConnection,
    plan: Plan,
    password_hash: &str,
    random: &mut Rng,
) -> anyhow::Result<Vec<Uuid>> {
    let statement =
        "COPY users.users (id, email, username, password_hash, email_verified, created_at, display_name) FROM STDIN";
    let mut sink = connection.copy_in_raw(statement).await?;
    let (mut ids, mut chunk) = (Vec::with_capacity(plan.users as usize), String::new());
    for number in 0..plan.users {
        let user = people::SeedUser::draw(number, plan.users, password_hash, random)?;
        ids.push(user.id);
        chunk.push_str(user.line());
        if chunk.len() > CHUNK {
            sink.send(chunk.as_bytes()).await?;
            chunk.clear();
        }
    }
    sink.send(chunk.as_bytes()).await?;
    sink.finish().await?;
    Ok(ids)
}

async fn copy_follows(connection: &mut PgConnection, ids: &[Uuid], pairs: &[(u32, u32)]) -> anyhow::Result<()> {
    let statement = "COPY users.follows (follower_id, followee_id, created_at) FROM STDIN";
    let mut sink = connection.copy_in_raw(statement).await?;
    let (mut chunk, count) = (String::new(), u32::try_from(pairs.len())?);
    for (number, (follower, followee)) in (0..count).zip(pairs) {
        let at = people::followed_at(number, count).format(&Rfc3339)?;
        writeln!(chunk, "{}\t{}\t{at}", ids[*follower as usize], ids[*followee as usize])?;
        if chunk.len() > CHUNK {
            sink.send(chunk.as_bytes()).await?;
            chunk.clear();
        }
    }
    sink.send(chunk.as_bytes()).await?;
    sink.finish().await?;
    Ok(())
}
