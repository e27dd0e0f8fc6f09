//! Whom PostgreSQL runs as, and folders that this user can work in.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, lchown},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::digest;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nix::unistd::{Uid, User};

/// The user PostgreSQL runs as: ourselves, or another one since it refuses root.
#[derive(Clone, Copy)]
pub struct Owner {
    /// Set only when we are root.
    other: Option<(u32, u32)>,
}

impl Owner {
    /// # Errors
    /// When we are root and the machine knows neither `postgres` nor `nobody`.
    pub fn find() -> anyhow::Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self { other: None });
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self { other: Some((user.uid.as_raw(), user.gid.as_raw())) });
            }
        }
        bail!("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as")
    }

    /// `command`, to be run as this user.
    pub fn command(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.other {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Makes `dir` (mode 700) if need be and gives it, with all it holds, to this user. When we
    /// are root and that user cannot reach `dir` (a clone under /root), a folder under /var/tmp
    /// stands in, and a line on stderr says so.
    ///
    /// # Errors
    /// When the folder cannot be made, or belongs to somebody else.
    pub fn take_over(self, dir: &Path) -> anyhow::Result<PathBuf> {
        private_dir(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let dir = dir.canonicalize()?;
        let Some((uid, _)) = self.other else {
            ensure!(
                fs::metadata(&dir)?.uid() == Uid::effective().as_raw(),
                "{} belongs to another user (an earlier run as root?): remove it or run as that user",
                dir.display()
            );
            return Ok(dir);
        };
        self.chown(&dir)?;
        if self.can_enter(&dir) {
            return Ok(dir);
        }
        let stand_in = fallback_dir(&dir);
        private_dir(&stand_in)?;
        let found = fs::symlink_metadata(&stand_in)?;
        ensure!(
            found.is_dir() && [0, uid].contains(&found.uid()),
            "{} belongs to somebody else: remove it",
            stand_in.display()
        );
        self.chown(&stand_in)?;
        eprintln!(
            "PostgreSQL cannot run as root and its user cannot reach {}: its data is in {}",
            dir.display(),
            stand_in.display()
        );
        Ok(stand_in)
    }

    /// Whether this user can work in `dir`, whatever the folders above it allow.
    pub fn can_enter(self, dir: &Path) -> bool {
        let mut command = self.command("/bin/sh");
        command.args(["-c", "cd -- \"$0\""]).arg(dir).current_dir("/").stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Gives `path` and what it holds to this user, without following links.
    pub fn chown(self, path: &Path) -> io::Result<()> {
        let Some((uid, gid)) = self.other else {
            return Ok(());
        };
        lchown(path, Some(uid), Some(gid))?;
        if fs::symlink_metadata(path)?.is_dir() {
            for entry in fs::read_dir(path)? {
                self.chown(&entry?.path())?;
            }
        }
        Ok(())
    }
}

fn private_dir(dir: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    }
}

/// The same folder for the same `dir` every time, so that the data is found again.
fn fallback_dir(dir: &Path) -> PathBuf {
    let hash = digest::digest(&digest::SHA256, dir.as_os_str().as_encoded_bytes());
    let name = BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..6]);
    PathBuf::from(format!("/var/tmp/kith-{name}"))
}
