//! nginx with deploy/nginx/nginx.conf.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::configuration::{adapted, free_address};
use crate::support::process::Process;

/// A running nginx; stops with its workers when dropped.
pub struct Nginx {
    pub address: String,
    process: Process,
    _dir: TempDir,
}

impl Nginx {
    /// Starts nginx in front of two instances.
    pub fn start(instances: [&str; 2]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // If root starts nginx, its workers run as another user.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let address = free_address();
        let text = adapted(
            "nginx/nginx.conf",
            &[
                ("172.30.57.11:3000", instances[0]),
                ("172.30.57.12:3000", instances[1]),
                ("listen 8080", &format!("listen {address}")),
                // Its stderr is not read here, and a full pipe would block it.
                ("error_log stderr", "error_log /tmp/error.log"),
                ("/tmp/", &format!("{}/", dir.path().display())),
            ],
        );
        let path = dir.path().join("nginx.conf");
        fs::write(&path, text).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&path).arg("-e").arg(dir.path().join("error.log")).args(["-g", "daemon off;"]);
        command.stdin(Stdio::null());
        Self { address, process: Process::start(command), _dir: dir }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.signal(Signal::SIGTERM);
        let _ = self.process.child.wait();
    }
}
