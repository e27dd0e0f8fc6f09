//! Processes that are measured: instances of Kith, and the ceiling.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use kith::server::config::signing_key;
use serde_json::json;
use tempfile::TempDir;

use crate::prepare::PAGES;

/// What all instances of a measurement share, so that tokens of one are valid on the others.
pub struct Environment {
    pub database_url: String,
    signing_key: String,
    public_url: String,
    /// For pictures.
    dir: TempDir,
}

impl Environment {
    pub fn new(database_url: String) -> anyhow::Result<Self> {
        let public_url = format!("http://{}", free_address()?);
        Ok(Self { database_url, signing_key: signing_key::generate()?, public_url, dir: tempfile::tempdir()? })
    }
}

/// A running process. It is killed when dropped.
pub struct Instance {
    pub address: SocketAddr,
    /// The program, for messages.
    pub program: String,
    child: Child,
}

impl Instance {
    /// Starts Kith without rate limits and with the log level, whose lines are discarded.
    pub async fn kith(program: &Path, of: &Environment, log_level: &str, bcrypt_cost: u32) -> anyhow::Result<Self> {
        let pictures = format!("file://{}", of.dir.path().display());
        let mut command = Command::new(program);
        command
            .arg("serve")
            .env("EMAIL_API_KEY", "none")
            .env("AVATAR_STORE_URL", pictures)
            .env("BCRYPT_COST", bcrypt_cost.to_string())
            .env("RATE_LIMITS", "off")
            .env("RUST_LOG", log_level);
        Self::start(command, of, "/health").await
    }

    /// Starts the ceiling. It serves the pages that `kith` renders now.
    pub async fn ceiling(program: &Path, of: &Environment, kith: &Self) -> anyhow::Result<Self> {
        let jwks = reqwest::get(kith.url("/.well-known/jwks.json")).await?.text().await?;
        let mut pages = Vec::new();
        for path in PAGES {
            let page = reqwest::get(kith.url(path)).await?.error_for_status()?;
            let framing = ["content-length", "date", "transfer-encoding"];
            let head = page.headers().iter().filter(|(name, _)| !framing.contains(&name.as_str()));
            let head: Vec<(String, String)> = head
                .map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())))
                .collect::<anyhow::Result<_>>()?;
            pages.push(json!({ "path": path, "head": head, "body": page.text().await? }));
        }
        let file = of.dir.path().join("pages.json");
        std::fs::write(&file, serde_json::to_vec(&pages)?)?;
        let mut command = Command::new(program);
        command.env("JWKS", jwks).env("PAGES", file);
        Self::start(command, of, "/").await
    }

    async fn start(mut command: Command, of: &Environment, ready: &str) -> anyhow::Result<Self> {
        let address = free_address()?;
        let program = command.get_program().to_owned();
        let child = command
            .env("DATABASE_URL", &of.database_url)
            .env("JWT_PRIVATE_KEY", &of.signing_key)
            .env("PUBLIC_URL", &of.public_url)
            .env("LISTEN_ADDR", address.to_string())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let instance = Self { address, program: program.display().to_string(), child };
        for _ in 0..200 {
            if reqwest::get(instance.url(ready)).await.is_ok_and(|response| response.status() == 200) {
                return Ok(instance);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("{} did not start", program.display())
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The ID of the process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
