//! What processes use, from /proc (Linux): CPU time, memory, file descriptors.
#![allow(dead_code, reason = "each user needs a part")]
#![expect(clippy::cast_precision_loss, reason = "seconds and counts are small")]

use std::fs;

use anyhow::Context as _;
use sqlx::PgPool;

/// A clock tick of proc(5), in seconds.
const TICK: f64 = 0.01;

/// Returns the ID of the postmaster, which must run on this machine.
pub async fn postmaster(pool: &PgPool) -> anyhow::Result<u32> {
    let child = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
    let child: i32 = sqlx::query_scalar(child).fetch_one(pool).await?;
    parent(child.try_into()?)
}

/// Seconds of CPU time so far of a process and its children, ended ones included.
pub fn cpu(id: u32) -> anyhow::Result<f64> {
    let mut seconds = ticks(id, 4)?;
    for entry in fs::read_dir("/proc")?.flatten() {
        let other = entry.file_name().to_str().and_then(|name| name.parse().ok());
        // A process may end between two reads.
        if let Some(other) = other.filter(|other| parent(*other).is_ok_and(|parent| parent == id)) {
            seconds += ticks(other, 2).unwrap_or_default();
        }
    }
    Ok(seconds)
}

/// Seconds of CPU time so far of a process without its children.
pub fn cpu_alone(id: u32) -> anyhow::Result<f64> {
    ticks(id, 2)
}

/// The sum of the first of utime, stime, cutime and cstime, in seconds.
fn ticks(id: u32, fields: usize) -> anyhow::Result<f64> {
    let ticks: u64 = stat(id)?.iter().skip(11).take(fields).map(|field| field.parse::<u64>()).sum::<Result<_, _>>()?;
    Ok(ticks as f64 * TICK)
}

/// Bytes of memory that a process occupies.
pub fn resident(id: u32) -> anyhow::Result<u64> {
    status(id, "VmRSS:")
}

/// The same without files that are mapped into memory, such as the binary.
pub fn allocated(id: u32) -> anyhow::Result<u64> {
    status(id, "RssAnon:")
}

fn status(id: u32, name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let value = status.lines().find_map(|line| line.strip_prefix(name)).context("an unknown format of /proc")?;
    let kilobytes: u64 = value.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// The number of open file descriptors of a process.
pub fn descriptors(id: u32) -> anyhow::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{id}/fd"))?.count())
}

fn parent(id: u32) -> anyhow::Result<u32> {
    Ok(stat(id)?.get(1).context("an unknown format of /proc")?.parse()?)
}

/// The fields of /proc/ID/stat from the third, the state, on.
fn stat(id: u32) -> anyhow::Result<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").context("an unknown format of /proc")?;
    Ok(fields.split_whitespace().map(str::to_owned).collect())
}
