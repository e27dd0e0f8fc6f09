//! Operator commands: accounts, sessions, and tokens for other services.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use nix::unistd::{Uid, User};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::base::database::pool::Pool;
use crate::domain::accounts::erasure;
use crate::domain::accounts::operator;
use crate::domain::accounts::operator::Account;
use crate::domain::accounts::settings::SelfService;
use crate::domain::audit::log::{Action, Actor, Entry};
use crate::domain::reports::{self, OpenReport};
use crate::server::config::signing::Signing;

/// Maximum lifetime of a service token, which can only be revoked by changing the key.
const MAX_TOKEN_DAYS: u64 = 365;

/// How long a deletion waits for its mail to be sent. Workers look for mail every few seconds.
const NOTICE_WAIT: Duration = Duration::from_secs(15);

/// Commands on accounts.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Show an account
    Show {
        /// Email, username or ID
        user: String,
    },
    /// Replace the roles of an account; takes effect at the next token refresh
    SetRoles {
        /// Email, username or ID
        user: String,
        /// Roles, such as: user moderator
        #[arg(required = true, value_parser = name)]
        roles: Vec<String>,
        #[command(flatten)]
        reason: Reason,
    },
    /// Suspend an account: end all sessions and block sign-in; only the right password reveals the suspension
    Suspend(AccountAction),
    /// Lift the suspension of an account
    Unsuspend(AccountAction),
    /// Invalidate the password of an account, end all sessions, and mail a link to choose a new password
    Reset(AccountAction),
    /// Delete an account and all its data; cannot be undone
    Delete(AccountAction),
}

/// Arguments of an action on an account.
#[derive(Args)]
pub struct AccountAction {
    /// Email, username or ID
    user: String,
    #[command(flatten)]
    reason: Reason,
    /// Skip the confirmation prompt
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
pub struct Reason {
    /// Reason for the audit log, which outlives the account; email addresses are removed from it
    #[arg(long = "reason", value_name = "TEXT", default_value = "", hide_default_value = true)]
    text: String,
}

impl Reason {
    fn entry(&self, action: Action, account: &Account) -> Entry {
        Entry::new(Actor::Operator(operator_name()), action, account.id).with_reason(&self.text)
    }
}

/// Commands on sessions.
#[derive(Subcommand)]
pub enum SessionsCommand {
    /// End all sessions of an account; access tokens can still read for up to 15 minutes
    Revoke {
        /// Email, username or ID
        user: String,
        #[command(flatten)]
        reason: Reason,
    },
}

/// Commands on tokens.
#[derive(Subcommand)]
pub enum TokenCommand {
    /// Print an access token for another service
    Issue {
        /// Name of the service, such as posts
        #[arg(long, value_parser = name)]
        service: String,
        /// Lifetime, such as 90d, 12h or 30m; at most 365d
        #[arg(long, value_parser = ttl)]
        ttl: Duration,
    },
}

/// Commands on reports of users.
#[derive(Subcommand)]
pub enum ReportCommand {
    /// List the oldest open reports
    List,
    /// Close a report
    Resolve {
        /// ID of the report
        id: Uuid,
        /// What was decided
        #[arg(long = "resolution", value_name = "TEXT", default_value = "", hide_default_value = true)]
        resolution: String,
    },
}

/// Runs a command on reports and returns its output.
pub async fn report(command: ReportCommand, database: &PgConnectOptions) -> anyhow::Result<String> {
    let pool = connect(database).await?;
    match command {
        ReportCommand::List => {
            let open = reports::open(&pool).await?;
            let lines: Vec<String> = open.iter().map(describe_report).collect::<anyhow::Result<_>>()?;
            Ok(if lines.is_empty() { "no open reports".to_owned() } else { lines.join("\n\n") })
        }
        ReportCommand::Resolve { id, resolution } => {
            let is_resolved = reports::resolve(&pool, id, &operator_name(), &resolution).await?;
            ensure!(is_resolved, "there is no open report with this ID");
            Ok(format!("{id} is resolved"))
        }
    }
}

/// The lines about a report. What people typed is escaped, so that it cannot control the terminal.
fn describe_report(report: &OpenReport) -> anyhow::Result<String> {
    let reporter = report.reporter_id.map_or_else(|| "erased".to_owned(), |id| id.to_string());
    let mut lines = vec![
        report.id.to_string(),
        format!("  {}  {}", report.created_at.format(&Rfc3339)?, report.category),
        format!("  user      {}", report.user_id),
        format!("  reporter  {reporter}"),
    ];
    if let Some(subject) = &report.subject {
        let parts = [&subject.service, &subject.r#type, &subject.id].map(|part| part.escape_debug().to_string());
        lines.push(format!("  subject   {}", parts.join(" ")));
    }
    lines.extend(report.comment.iter().map(|comment| format!("  comment   {}", comment.escape_debug())));
    Ok(lines.join("\n"))
}

/// Runs an account command and returns its output.
pub async fn user(command: UserCommand, database: &PgConnectOptions, settings: SelfService) -> anyhow::Result<String> {
    let pool = connect(database).await?;
    match command {
        UserCommand::Show { user } => Ok(describe(&find(&pool, &user).await?)?),
        UserCommand::SetRoles { user, roles, reason } => {
            let account = find(&pool, &user).await?;
            let entry = reason.entry(Action::RolesSet, &account).with_detail("roles", roles.clone().into());
            operator::set_roles(&pool, account.id, &roles, &entry).await?;
            Ok(describe(&Account { roles, ..account })?)
        }
        UserCommand::Suspend(action) => {
            let (account, entry) = action.confirmed(&pool, "Suspend", Action::AccountSuspended).await?;
            let ended = sessions_text(operator::suspend(&pool, account.id, &entry).await?);
            Ok(format!("{} is suspended; {ended} ended", account.username))
        }
        UserCommand::Unsuspend(action) => {
            let (account, entry) = action.confirmed(&pool, "Unsuspend", Action::AccountUnsuspended).await?;
            let ended = operator::unsuspend(&pool, account.id, settings, &entry).await?;
            Ok(format!("{} {}", account.username, if ended { "can sign in again" } else { "was not suspended" }))
        }
        UserCommand::Reset(action) => {
            let (account, entry) = action.confirmed(&pool, "Reset the password of", Action::AccountReset).await?;
            let ended = sessions_text(operator::reset(&pool, account.id, settings.reset_minutes, &entry).await?);
            let unusable = match account.suspended_at {
                Some(_) => ". It will not work while the account is suspended",
                None => "",
            };
            Ok(format!(
                "the password of {} no longer works; {ended} ended. A link to choose a new one will be mailed to \
                 {}{unusable}",
                account.username, account.email
            ))
        }
        UserCommand::Delete(action) => {
            let (account, entry) = action.confirmed(&pool, "Delete", Action::AccountDeleted).await?;
            announce_deletion(&pool, &account).await?;
            let is_deleted = erasure::erase(&pool, account.id, settings, &entry).await?;
            ensure!(is_deleted, "{} no longer exists", account.username);
            Ok(format!("{} was deleted", account.username))
        }
    }
}

impl AccountAction {
    /// Returns the account and the audit log entry after the operator has confirmed.
    async fn confirmed(&self, pool: &Pool, verb: &str, action: Action) -> anyhow::Result<(Account, Entry)> {
        let account = find(pool, &self.user).await?;
        if !self.yes {
            ensure!(io::stdin().is_terminal(), "stdin is not a terminal, so nothing was changed: confirm with --yes");
            eprint!("{verb} {} <{}> ({})? [y/N] ", account.username, account.email, account.id);
            let mut answer = String::new();
            io::stdin().read_line(&mut answer)?;
            ensure!(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()), "nothing was changed");
        }
        let entry = self.reason.entry(action, &account);
        Ok((account, entry))
    }
}

/// Tells the owner by mail that the account is deleted, and waits for a moment until a running instance has sent it: an
/// erasure leaves no address behind.
async fn announce_deletion(pool: &Pool, account: &Account) -> sqlx::Result<()> {
    operator::announce_deletion(pool, account.id).await?;
    let deadline = Instant::now() + NOTICE_WAIT;
    while operator::has_notice(pool, account.id).await? {
        if Instant::now() > deadline {
            eprintln!("no instance sent the mail to the owner in time: it is deleted with the account");
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// The operating system user name of the operator, for the audit log.
fn operator_name() -> String {
    let user = || User::from_uid(Uid::current()).ok().flatten().map(|user| user.name);
    std::env::var("SUDO_USER").ok().or_else(user).unwrap_or_else(|| Uid::current().to_string())
}

/// Runs a session command and returns its output.
pub async fn sessions(command: SessionsCommand, database: &PgConnectOptions) -> anyhow::Result<String> {
    let SessionsCommand::Revoke { user, reason } = command;
    let pool = connect(database).await?;
    let account = find(&pool, &user).await?;
    let entry = reason.entry(Action::SignInsRevoked, &account);
    let ended = sessions_text(operator::revoke_sessions(&pool, account.id, &entry).await?);
    Ok(format!("{ended} of {} ended", account.username))
}

/// Runs a token command and returns its output.
pub fn token(command: &TokenCommand, signing: &Signing) -> anyhow::Result<String> {
    let TokenCommand::Issue { service, ttl } = command;
    Ok(signing.token_keys()?.sign_for_service(service, (*ttl).try_into()?)?)
}

pub(crate) async fn connect(database: &PgConnectOptions) -> anyhow::Result<Pool> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(database.clone());
    pool.await.map(Pool::from).context("cannot connect to the database")
}

async fn find(pool: &Pool, user: &str) -> anyhow::Result<Account> {
    operator::find(pool, user).await?.with_context(|| format!("no account has the email, username or ID {user}"))
}

fn describe(account: &Account) -> Result<String, time::error::Format> {
    let Account {
        id,
        username,
        email,
        pending_email,
        email_verified,
        roles,
        created_at,
        suspended_at,
        deletes_at,
        sessions,
    } = account;
    let verified = if *email_verified { "verified" } else { "not verified" };
    let optional = |label: &str, value: Option<String>| value.map(|value| format!("\n{label} {value}"));
    let format = |time: &Option<OffsetDateTime>| time.map(|time| time.format(&Rfc3339)).transpose();
    let details = [
        optional("pending  ", pending_email.clone()),
        optional("suspended", format(suspended_at)?),
        optional("deletes  ", format(deletes_at)?),
    ];
    Ok(format!(
        "id        {id}\nusername  {username}\nemail     {email} ({verified})\nroles     {}\ncreated   {}\nsessions  {sessions}{}",
        roles.join(" "),
        created_at.format(&Rfc3339)?,
        details.into_iter().flatten().collect::<String>(),
    ))
}

fn sessions_text(count: u64) -> String {
    format!("{count} session{}", if count == 1 { "" } else { "s" })
}

/// Parses a role or a service name, which must be safe in a claim, a log line and a header.
fn name(text: &str) -> anyhow::Result<String> {
    let is_safe = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    ensure!(is_safe && (1..=32).contains(&text.len()), "use 1 to 32 of a-z, 0-9, - and _");
    Ok(text.to_owned())
}

fn ttl(text: &str) -> anyhow::Result<Duration> {
    let parsed = text.char_indices().next_back().and_then(|(end, unit)| {
        let seconds = match unit {
            'd' => 86_400,
            'h' => 3600,
            'm' => 60,
            _ => return None,
        };
        text[..end].parse::<u64>().ok()?.checked_mul(seconds)
    });
    let seconds = parsed.context("use a number followed by d, h or m, such as 90d")?;
    ensure!((1..=MAX_TOKEN_DAYS * 86_400).contains(&seconds), "use 1m to {MAX_TOKEN_DAYS}d");
    Ok(Duration::from_secs(seconds))
}
