//! Finds the PostgreSQL programs.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

/// The oldest major version that the SQL supports.
const OLDEST: u32 = 15;

const MISSING: &str = "PostgreSQL 15 or newer is not installed: install it (Debian and Ubuntu: \
    `apt-get install postgresql`; Fedora: `dnf install postgresql-server`; macOS: \
    `brew install postgresql`) or set KITH_POSTGRES_BIN to the folder that contains initdb";

/// A folder with `initdb`, `pg_ctl` and `postgres`, and their major version.
pub struct Binaries {
    pub dir: PathBuf,
    pub major: u32,
}

/// Returns the programs to use: of exactly the major version `wanted` if data of that version exists, otherwise the
/// first supported one in `$KITH_POSTGRES_BIN`, `pg_config --bindir`, `/usr/lib/postgresql/*/bin` (newest first) and
/// `$PATH`. The error says what to install.
pub fn find(wanted: Option<u32>) -> anyhow::Result<Binaries> {
    if let Some(dir) = env::var_os("KITH_POSTGRES_BIN") {
        let dir = PathBuf::from(dir);
        let major = major_version(&dir)
            .with_context(|| format!("KITH_POSTGRES_BIN={}: initdb, pg_ctl or postgres is missing", dir.display()))?;
        return acceptable(major, wanted).map(|()| Binaries { dir, major });
    }
    let mut found = candidates().into_iter().filter_map(|dir| major_version(&dir).map(|major| Binaries { dir, major }));
    match wanted {
        None => found.find(|found| found.major >= OLDEST).context(MISSING),
        Some(wanted) => found.find(|found| found.major == wanted).with_context(|| {
            format!(
                "the data was created by PostgreSQL {wanted}, which is not installed: install it, or delete the data"
            )
        }),
    }
}

fn acceptable(major: u32, wanted: Option<u32>) -> anyhow::Result<()> {
    match wanted {
        Some(wanted) if wanted != major => {
            bail!("the data was created by PostgreSQL {wanted}, but KITH_POSTGRES_BIN contains {major}")
        }
        None if major < OLDEST => {
            bail!("KITH_POSTGRES_BIN contains PostgreSQL {major}: {OLDEST} or newer is required")
        }
        _ => Ok(()),
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = pg_config_bindir().into_iter().collect();
    let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    packaged.sort_by(|a, b| b.cmp(a));
    dirs.extend(packaged.into_iter().map(|(_, dir)| dir));
    dirs.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    dirs
}

fn pg_config_bindir() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// Parses `postgres (PostgreSQL) 15.18 (Debian …)`. Returns `None` if a program is missing.
fn major_version(dir: &Path) -> Option<u32> {
    if !["initdb", "pg_ctl"].iter().all(|program| dir.join(program).is_file()) {
        return None;
    }
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().nth(2)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
