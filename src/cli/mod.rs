//! The command line of `kith`.
#![expect(clippy::doc_markdown, reason = "these are help texts")]

pub mod dev;
pub mod doctor;
pub mod operator;

use std::{ffi::OsString, io::stdout, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use self::dev::postgres;
use self::dev::seed::Plan;
use self::operator::{ReportCommand, SessionsCommand, TokenCommand, UserCommand};
use crate::server::config::Settings;
use crate::server::config::accounts::AccountSettings;
use crate::server::config::database::DatabaseSettings;
use crate::server::config::environment::ConfigError;
use crate::server::config::http::DEFAULT_LISTEN_ADDR;
use crate::server::config::signing::Signing;
use crate::server::observe::telemetry;
use crate::server::run::{migrate, probe, serve, shutdown};

/// `EX_CONFIG` of sysexits.h: a restart without a configuration change will not help.
const EX_CONFIG: u8 = 78;

/// The users service of a social network: accounts, sign-in, profiles and the follow graph.
#[derive(Parser)]
#[command(name = "kith", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service, configured by environment variables (DATABASE_URL, JWT_PRIVATE_KEY, EMAIL_API_KEY, …)
    Serve,
    /// Run the service for development, with its own PostgreSQL and keys, and mail at /dev/mail
    Dev {
        #[command(subcommand)]
        command: Option<DevCommand>,
        /// Folder for data, keys and mail
        #[arg(long, global = true, default_value = ".kith")]
        dir: PathBuf,
        /// Address and port to listen on
        #[arg(long, env = "LISTEN_ADDR", default_value_t = DEFAULT_LISTEN_ADDR)]
        listen: SocketAddr,
    },
    /// Run pending migrations on the database at DATABASE_URL, then exit
    Migrate {
        /// Then distribute the database over the nodes of its Citus cluster; can be run again
        #[arg(long)]
        citus: bool,
    },
    /// Check the database at DATABASE_URL; exit with 1 if something is wrong
    Doctor {
        /// Correct wrong follow counts; safe while the service is running
        #[arg(long)]
        fix: bool,
    },
    /// Check the health of the service on this machine; exit with 0 if it is healthy
    Health {
        /// Address and port that the service listens on
        #[arg(long, env = "LISTEN_ADDR", default_value_t = DEFAULT_LISTEN_ADDR)]
        listen: SocketAddr,
    },
    /// Manage accounts in the database at DATABASE_URL
    #[command(subcommand)]
    User(UserCommand),
    /// Manage sessions in the database at DATABASE_URL
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// List and resolve reports of users in the database at DATABASE_URL
    #[command(subcommand)]
    Report(ReportCommand),
    /// Issue tokens for other services, with JWT_PRIVATE_KEY and PUBLIC_URL
    #[command(subcommand)]
    Token(TokenCommand),
    /// Run a command with DATABASE_URL set to a temporary PostgreSQL
    Postgres {
        /// Command and arguments
        #[arg(required = true, last = true, value_names = ["COMMAND", "ARGS"], num_args = 1..)]
        command: Vec<OsString>,
    },
}

#[derive(Subcommand)]
enum DevCommand {
    /// Fill an empty database with generated users and follows, then exit
    Seed {
        #[command(flatten)]
        plan: Plan,
        /// Use this database instead of the development database (DATABASE_URL is ignored)
        #[arg(long, value_name = "POSTGRES_URL")]
        url: Option<Url>,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0:#}")]
    Other(anyhow::Error),
}

impl From<anyhow::Error> for CliError {
    fn from(error: anyhow::Error) -> Self {
        error.downcast().map_or_else(Self::Other, Self::Config)
    }
}

impl CliError {
    /// Prints the error to stderr and returns the exit code: 78 for configuration errors, otherwise 1.
    pub fn report(&self) -> ExitCode {
        eprintln!("kith: {self}");
        match self {
            Self::Config(_) => ExitCode::from(EX_CONFIG),
            Self::Other(_) => ExitCode::FAILURE,
        }
    }
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Result<ExitCode, CliError> {
        match self.command {
            Command::Serve => {
                let settings = Settings::from_lookup(variable)?;
                let _telemetry = telemetry::init_json(&settings.log_filter, stdout())?;
                settings.log_warnings();
                runtime()?.block_on(serve(settings))?;
            }
            Command::Dev { command: None, dir, listen } => runtime()?.block_on(dev::run(&dir, listen))?,
            Command::Dev { command: Some(DevCommand::Seed { plan, url }), dir, .. } => {
                runtime()?.block_on(dev::seed(&dir, url.as_ref(), plan))?;
            }
            Command::Migrate { citus } => {
                let database = DatabaseSettings::options_from_lookup(variable)?;
                telemetry::init_pretty("info");
                let runtime = runtime()?;
                runtime.block_on(migrate::run(&database))?;
                eprintln!("the database is up to date");
                if citus {
                    runtime.block_on(migrate::citus::run(&database, |step| println!("{step}")))?;
                    println!("the database is distributed");
                }
            }
            Command::Doctor { fix } => {
                let database = DatabaseSettings::options_from_lookup(variable)?;
                let healthy = runtime()?.block_on(doctor::run(&database, fix))?;
                return Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE });
            }
            Command::Health { listen } => println!("{}", runtime()?.block_on(probe::probe(listen))?),
            Command::User(command) => {
                let database = DatabaseSettings::options_from_lookup(variable)?;
                telemetry::init_pretty("info");
                let settings = AccountSettings::self_service_from_lookup(variable)?;
                println!("{}", runtime()?.block_on(operator::user(command, &database, settings))?);
            }
            Command::Sessions(command) => {
                let database = DatabaseSettings::options_from_lookup(variable)?;
                telemetry::init_pretty("info");
                println!("{}", runtime()?.block_on(operator::sessions(command, &database))?);
            }
            Command::Report(command) => {
                let database = DatabaseSettings::options_from_lookup(variable)?;
                telemetry::init_pretty("info");
                println!("{}", runtime()?.block_on(operator::report(command, &database))?);
            }
            Command::Token(command) => println!("{}", operator::token(&command, &Signing::from_lookup(variable)?)?),
            Command::Postgres { command } => {
                let code = match command.split_first() {
                    Some((program, arguments)) => runtime()?.block_on(postgres::run_with(program, arguments))?,
                    None => 0,
                };
                return Ok(ExitCode::from(code));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let shutdown = shutdown::token()?;
    let listener = serve::bind(settings.http.listen_addr).await?;
    serve::run(settings, listener, shutdown, || {}).await
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Task polls after which a busy thread checks for new events. sqlx yields 800 times while it computes the SCRAM proof
/// of a new connection, and waits for this many polls each time. With the default of 61, a burst of 64 requests after a
/// start would wait more than 2 s for connections and be rejected.
const EVENT_INTERVAL: u32 = 8;

fn runtime() -> anyhow::Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().event_interval(EVENT_INTERVAL).build()?)
}
