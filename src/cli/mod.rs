//! The command line: what `kith` can be told to do.
#![expect(clippy::doc_markdown, reason = "these are help texts")]

pub mod dev;
pub mod doctor;
pub mod operator;

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use self::dev::postgres;
use self::dev::seed::Plan;
use self::operator::{SessionsCommand, TokenCommand, UserCommand};
use crate::server::config::Settings;
use crate::server::config::database::DatabaseSettings;
use crate::server::config::environment::ConfigError;
use crate::server::config::http::DEFAULT_LISTEN_ADDR;
use crate::server::config::signing::Signing;
use crate::server::observe::telemetry;
use crate::server::run::{migrate, probe, serve, shutdown};

/// sysexits.h's `EX_CONFIG`: starting again without changing the configuration is no use.
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
    /// Serve, configured by the environment (DATABASE_URL, JWT_PRIVATE_KEY, EMAIL_API_KEY, …)
    Serve,
    /// Serve for development without any configuration: own PostgreSQL, own keys, mail at /dev/mail
    Dev {
        #[command(subcommand)]
        command: Option<DevCommand>,
        /// Where data, keys and mail are kept
        #[arg(long, global = true, default_value = ".kith")]
        dir: PathBuf,
        /// Address and port to listen on
        #[arg(long, env = "LISTEN_ADDR", default_value_t = DEFAULT_LISTEN_ADDR)]
        listen: SocketAddr,
    },
    /// Bring the database at DATABASE_URL up to date, and exit
    Migrate,
    /// Check the database at DATABASE_URL; exits with 1 when something is wrong
    Doctor {
        /// Correct counts that are wrong, while the service goes on
        #[arg(long)]
        fix: bool,
    },
    /// Ask the service on this machine whether it is healthy; exit code 0 when it is
    Health {
        /// Where it listens
        #[arg(long, env = "LISTEN_ADDR", default_value_t = DEFAULT_LISTEN_ADDR)]
        listen: SocketAddr,
    },
    /// Look after accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Look after sign-ins
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Make tokens for other services
    #[command(subcommand)]
    Token(TokenCommand),
    /// Run a command with DATABASE_URL of a throw-away PostgreSQL
    Postgres {
        /// The command and its arguments
        #[arg(required = true, last = true, value_names = ["COMMAND", "ARGS"], num_args = 1..)]
        command: Vec<OsString>,
    },
}

#[derive(Subcommand)]
enum DevCommand {
    /// Fill the database with people who follow each other, and exit; it must have no users yet
    Seed {
        #[command(flatten)]
        plan: Plan,
        /// Another database than the one in the folder; DATABASE_URL is not looked at
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
    /// Tells people on stderr, and the caller by the exit code: 78 for configuration, otherwise 1.
    pub fn report(&self) -> ExitCode {
        eprintln!("kith: {self}");
        match self {
            Self::Config(_) => ExitCode::from(EX_CONFIG),
            Self::Other(_) => ExitCode::FAILURE,
        }
    }
}

impl Cli {
    /// Runs the command to its end.
    ///
    /// # Errors
    /// What stopped it, ready to be reported.
    pub fn run(self) -> Result<ExitCode, CliError> {
        match self.command {
            Command::Serve => {
                let settings = Settings::from_lookup(variable)?;
                let _traces = telemetry::init_json(&settings.log_filter)?;
                settings.log_warnings();
                runtime()?.block_on(serve(settings))?;
            }
            Command::Dev { command: None, dir, listen } => runtime()?.block_on(dev::run(&dir, listen))?,
            Command::Dev { command: Some(DevCommand::Seed { plan, url }), dir, .. } => {
                runtime()?.block_on(dev::seed(&dir, url.as_ref(), plan))?;
            }
            Command::Migrate => {
                let database = DatabaseSettings::options_from_lookup(variable)?;
                telemetry::init_pretty("info");
                runtime()?.block_on(migrate::run(&database))?;
                eprintln!("the database is up to date");
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
                println!("{}", runtime()?.block_on(operator::user(command, &database))?);
            }
            Command::Sessions(command) => {
                let database = DatabaseSettings::options_from_lookup(variable)?;
                telemetry::init_pretty("info");
                println!("{}", runtime()?.block_on(operator::sessions(command, &database))?);
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

/// Polls after which a busy thread looks at what has become ready. sqlx yields 800 times while it computes the proof
/// for a new connection (SCRAM), and each time waits as long: at the 61 that are usual, a burst of 64 requests after a
/// start would wait more than 2 s for its connections, and be refused.
const EVENT_INTERVAL: u32 = 8;

fn runtime() -> anyhow::Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().event_interval(EVENT_INTERVAL).build()?)
}
