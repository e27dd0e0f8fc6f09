//! `kith dev`: the service with everything that it needs, without configuration.

mod mailbox;
pub mod postgres;
pub mod seed;

use std::{
    env,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use nix::unistd::Uid;
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use url::Url;

use self::postgres::Cluster;
use self::seed::Plan;
use crate::server::config::{Settings, signing_key};
use crate::server::observe::telemetry;
use crate::server::run::{serve, shutdown};

/// The variables that are read from the environment. Required ones are generated, all others have their defaults.
const OVERRIDABLE: [&str; 6] =
    ["BCRYPT_COST", "PUBLIC_URL", "RATE_LIMITS", "RUST_LOG", "TRUSTED_PROXIES", "UNVERIFIED_ACCOUNT_DAYS"];

/// Serves on `listen` until a signal, with data, keys and mail in `dir`.
pub async fn run(dir: &Path, listen: SocketAddr) -> anyhow::Result<()> {
    telemetry::init_pretty(&env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()));
    let shutdown = shutdown::token()?;
    // First, because it is the most common failure and costs nothing.
    let listener = serve::bind(listen).await?;
    let address = listener.local_addr()?;

    let dev_dir = DevDir::prepare(dir)?;
    let cluster = dev_dir.cluster().await?;
    let settings = dev_dir.settings(cluster.url(), address)?;
    let mailbox = mailbox::router(dev_dir.mail());
    let url = settings.signing.public_url.clone();
    let served = serve::run_with_router(Some(mailbox), settings, listener, shutdown, move || banner(&url)).await;
    tokio::task::spawn_blocking(move || drop(cluster)).await?;
    served
}

/// Fills the database in `dir`, or the given one. Never uses the database from the environment, which may be in
/// production.
pub async fn seed(dir: &Path, database: Option<&Url>, plan: Plan) -> anyhow::Result<()> {
    // All statements are slow here, so warnings about slow statements are suppressed.
    telemetry::init_pretty("error");
    if let Some(database) = database {
        return seed::run(&PgConnectOptions::from_url(database)?, plan).await;
    }
    let cluster = DevDir::prepare(dir)?.cluster().await?;
    let seeded = seed::run(&cluster.url().parse()?, plan).await;
    tokio::task::spawn_blocking(move || drop(cluster)).await?;
    seeded
}

/// The folder of `kith dev`.
struct DevDir {
    dir: PathBuf,
}

impl DevDir {
    fn prepare(dir: &Path) -> anyhow::Result<Self> {
        Self::create(dir).with_context(|| format!("cannot prepare {}", dir.display()))
    }

    fn create(dir: &Path) -> anyhow::Result<Self> {
        // If run as root, the PostgreSQL user must be able to reach its own folder. Everything else in here has its own
        // permissions.
        let mode = if Uid::effective().is_root() { 0o711 } else { 0o700 };
        create_dir(dir, mode)?;
        let dev_dir = Self { dir: dir.canonicalize()? };
        for name in ["mail", "avatars"] {
            create_dir(&dev_dir.dir.join(name), 0o700)?;
        }
        let key = dev_dir.key();
        if !key.exists() {
            // Written under another name first, because an incomplete key would break every later start.
            let unfinished = key.with_extension("new");
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            file.write_all(signing_key::generate()?.as_bytes())?;
            fs::rename(unfinished, key)?;
        }
        Ok(dev_dir)
    }

    fn mail(&self) -> PathBuf {
        self.dir.join("mail")
    }

    async fn cluster(&self) -> anyhow::Result<Cluster> {
        eprintln!("Starting PostgreSQL …");
        let postgres = self.dir.join("postgres");
        tokio::task::spawn_blocking(move || Cluster::persistent(&postgres)).await?
    }

    fn key(&self) -> PathBuf {
        self.dir.join("jwt.pem")
    }

    /// Reads the settings as in production, from generated variables.
    fn settings(&self, database_url: &str, address: SocketAddr) -> anyhow::Result<Settings> {
        let folder_url =
            |path: &Path| Url::from_directory_path(path).map_err(|()| anyhow!("{} is not absolute", path.display()));
        // Browsers cannot open the wildcard addresses 0.0.0.0 and [::].
        let origin = if address.ip().is_unspecified() {
            format!("http://localhost:{}", address.port())
        } else {
            format!("http://{address}")
        };
        let mail_url = folder_url(&self.mail())?;
        let avatars_url = folder_url(&self.dir.join("avatars"))?;
        let lookup = |name: &str| match name {
            "DATABASE_URL" => Some(database_url.to_owned()),
            "JWT_PRIVATE_KEY_FILE" => Some(self.key().to_string_lossy().into_owned()),
            "EMAIL_API_KEY" => Some("none".to_owned()),
            "EMAIL_PROVIDER_URL" => Some(mail_url.to_string()),
            "LISTEN_ADDR" => Some(address.to_string()),
            "AVATAR_STORE_URL" => Some(avatars_url.to_string()),
            name => OVERRIDABLE
                .contains(&name)
                .then(|| env::var(name).ok())
                .flatten()
                .or_else(|| (name == "PUBLIC_URL").then(|| origin.clone())),
        };
        Ok(Settings::from_lookup(lookup)?)
    }
}

fn create_dir(dir: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(mode).create(dir)
}

fn banner(url: &Url) {
    println!("\n  Kith is ready\n\n    App    {url}\n    Mail   {url}dev/mail\n\n  Press Ctrl-C to stop.\n");
}
