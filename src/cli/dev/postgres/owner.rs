//! The user that PostgreSQL runs as, and folders that this user can access.

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

/// The user that PostgreSQL runs as: the current user or, since PostgreSQL does not run as root, another one.
#[derive(Clone, Copy)]
pub struct Owner {
    /// User and group ID. Set only if the current user is root.
    run_as: Option<(u32, u32)>,
}

impl Owner {
    /// Chooses the user. As root, this is `postgres` or `nobody`.
    pub fn find() -> anyhow::Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self { run_as: None });
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self { run_as: Some((user.uid.as_raw(), user.gid.as_raw())) });
            }
        }
        bail!("PostgreSQL does not run as root, and there is no user postgres or nobody")
    }

    /// Returns a command that runs as this user.
    pub fn command(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.run_as {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Creates `dir` (mode 700) if necessary, and gives it and its contents to this user. If the current user is root
    /// and this user cannot reach `dir` (for example in a clone under /root), uses a folder under /var/tmp instead and
    /// says so on stderr.
    pub fn prepare_dir(self, dir: &Path) -> anyhow::Result<PathBuf> {
        private_dir(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let dir = dir.canonicalize()?;
        let Some((uid, _)) = self.run_as else {
            ensure!(
                fs::metadata(&dir)?.uid() == Uid::effective().as_raw(),
                "{} belongs to another user (an earlier run as root?): delete it, or run as that user",
                dir.display()
            );
            return Ok(dir);
        };
        self.chown(&dir)?;
        if self.can_enter(&dir) {
            return Ok(dir);
        }
        let fallback = fallback_dir(&dir);
        private_dir(&fallback)?;
        let found = fs::symlink_metadata(&fallback)?;
        ensure!(
            found.is_dir() && [0, uid].contains(&found.uid()),
            "{} belongs to another user: delete it",
            fallback.display()
        );
        self.chown(&fallback)?;
        eprintln!(
            "PostgreSQL cannot run as root and its user cannot reach {}: its data is in {}",
            dir.display(),
            fallback.display()
        );
        Ok(fallback)
    }

    /// Returns whether this user can enter `dir`, including all folders above it.
    pub fn can_enter(self, dir: &Path) -> bool {
        let mut command = self.command("/bin/sh");
        command.args(["-c", "cd -- \"$0\""]).arg(dir).current_dir("/").stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Gives `path` and its contents to this user, without following links.
    pub fn chown(self, path: &Path) -> io::Result<()> {
        let Some((uid, gid)) = self.run_as else {
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

/// Derives the folder from `dir`, so that the next run finds the data.
fn fallback_dir(dir: &Path) -> PathBuf {
    let hash = digest::digest(&digest::SHA256, dir.as_os_str().as_encoded_bytes());
    let name = BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..6]);
    PathBuf::from(format!("/var/tmp/kith-{name}"))
}
