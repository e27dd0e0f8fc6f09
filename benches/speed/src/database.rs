//! The PostgreSQL of a measurement: one of its own, whose commits reach the disk as in production.

use std::path::Path;

use anyhow::ensure;
use kith::cli::dev::postgres::Cluster;
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::process::Command;

use crate::Plan;
use crate::processes;

/// Settings of a small production server, beside the defaults.
const SETTINGS: [&str; 3] = ["shared_buffers = '512MB'", "max_wal_size = '4GB'", "max_connections = 200"];

/// A running cluster, which is deleted when dropped.
pub struct Postgres {
    cluster: Cluster,
    /// The ID of its first process.
    pub process: u32,
    _dir: TempDir,
}

impl Postgres {
    pub async fn start() -> anyhow::Result<Self> {
        // PostgreSQL's user can reach it, also if the current user is root.
        let dir = tempfile::Builder::new().prefix("kith-bench-").tempdir_in("/var/tmp")?;
        let cluster = Cluster::persistent(dir.path())?;
        let pool = PgPool::connect(cluster.url()).await?;
        for setting in SETTINGS {
            sqlx::query(sqlx::AssertSqlSafe(format!("ALTER SYSTEM SET {setting}"))).execute(&pool).await?;
        }
        pool.close().await;
        drop(cluster);
        let cluster = Cluster::persistent(dir.path())?;
        let pool = PgPool::connect(cluster.url()).await?;
        let process = processes::postmaster(&pool).await?;
        pool.close().await;
        Ok(Self { cluster, process, _dir: dir })
    }

    /// Creates a database, and fills it with users and follows, by the version of Kith that will use it. Returns its
    /// URL.
    pub async fn seed(&self, kith: &Path, name: &str, plan: &Plan) -> anyhow::Result<String> {
        let pool = PgPool::connect(self.cluster.url()).await?;
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await?;
        let url = match self.cluster.url().rsplit_once('/') {
            Some((server, _)) => format!("{server}/{name}"),
            None => self.cluster.url().to_owned(),
        };
        let seeded = Command::new(kith)
            .args(["dev", "seed", "--url", &url])
            .args(["--users", &plan.users.to_string(), "--follows", &plan.follows.to_string()])
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .status()
            .await?;
        ensure!(seeded.success(), "cannot fill the database");
        sqlx::query("CHECKPOINT").execute(&pool).await?;
        pool.close().await;
        Ok(url)
    }
}
