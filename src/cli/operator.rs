//! The operators' commands: accounts, their sign-ins, and tokens for other services.
#![expect(clippy::doc_markdown, reason = "these are help texts")]

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use nix::unistd::{Uid, User};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::format_description::well_known::Rfc3339;

use crate::domain::accounts::operator;
use crate::domain::accounts::operator::Account;
use crate::domain::audit::log::{Action, Actor, Entry};
use crate::server::config::signing::Signing;

/// No service token lives longer: nothing but its expiry ends one, short of changing the key.
const TOKEN_DAYS_MAX: u64 = 365;

/// What can be done to accounts; needs DATABASE_URL.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Show an account
    Show {
        /// Email, username or id
        user: String,
    },
    /// Give an account these roles and no others; tokens carry them from the next refresh on
    SetRoles {
        /// Email, username or id
        user: String,
        /// For example: user moderator
        #[arg(required = true, value_parser = role)]
        roles: Vec<String>,
        #[command(flatten)]
        reason: Reason,
    },
    /// Bar every sign-in to an account, and end every sign-in; its owner hears so with the right password alone
    Suspend(AccountAction),
    /// End a suspension
    Unsuspend(AccountAction),
    /// Make the password of an account useless, and end every sign-in
    Reset(AccountAction),
    /// Erase an account at once, with all that belongs to it; nothing brings it back
    Delete(AccountAction),
}

/// What is to be done to which account, and why.
#[derive(Args)]
pub struct AccountAction {
    /// Email, username or id
    user: String,
    #[command(flatten)]
    reason: Reason,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
pub struct Reason {
    /// Why; kept in the audit log, also after the account is erased, without email addresses
    #[arg(long = "reason", value_name = "TEXT", default_value = "", hide_default_value = true)]
    text: String,
}

impl Reason {
    fn entry(&self, action: Action, account: &Account) -> Entry {
        Entry::new(Actor::Operator(operator_name()), action, account.id).with_reason(&self.text)
    }
}

/// What can be done to sign-ins; needs DATABASE_URL.
#[derive(Subcommand)]
pub enum SessionsCommand {
    /// End every sign-in of an account; access tokens in use still pass for up to 15 minutes
    Revoke {
        /// Email, username or id
        user: String,
        #[command(flatten)]
        reason: Reason,
    },
}

/// What can be done with tokens; needs JWT_PRIVATE_KEY and PUBLIC_URL.
#[derive(Subcommand)]
pub enum TokenCommand {
    /// Print an access token for another service of the network
    Issue {
        /// The service's name, such as posts
        #[arg(long, value_parser = role)]
        service: String,
        /// How long it is good for, such as 90d, 12h or 30m; at most 365d
        #[arg(long, value_parser = ttl)]
        ttl: Duration,
    },
}

/// Runs a command about accounts; returns what to print.
///
/// # Errors
/// When there is no such account, or the database cannot be reached.
pub async fn user(command: UserCommand, database: &PgConnectOptions) -> anyhow::Result<String> {
    let pool = connect(database).await?;
    match command {
        UserCommand::Show { user } => Ok(describe(&find(&pool, &user).await?)?),
        UserCommand::SetRoles { user, roles, reason } => {
            let account = find(&pool, &user).await?;
            let entry = reason.entry(Action::RolesSet, &account).with_detail("roles", roles.clone().into());
            operator::set_roles(&pool, account.id, &roles, &entry).await?;
            Ok(describe(&Account { roles, ..account })?)
        }
        UserCommand::Suspend(act) => {
            let (account, entry) = act.confirmed(&pool, "Suspend", Action::AccountSuspended).await?;
            let ended = operator::suspend(&pool, account.id, &entry).await?;
            Ok(format!("{} is suspended; {ended} sign-ins ended", account.username))
        }
        UserCommand::Unsuspend(act) => {
            let (account, entry) = act.confirmed(&pool, "Unsuspend", Action::AccountUnsuspended).await?;
            let ended = operator::unsuspend(&pool, account.id, &entry).await?;
            Ok(format!("{} {}", account.username, if ended { "can sign in again" } else { "was not suspended" }))
        }
        UserCommand::Reset(act) => {
            let (account, entry) = act.confirmed(&pool, "Reset the password of", Action::AccountReset).await?;
            let ended = operator::reset(&pool, account.id, &entry).await?;
            Ok(format!(
                "the password of {} works no longer; {ended} sign-ins ended. No mail was sent: the owner gets in with a \
                 sign-in link to {}",
                account.username, account.email
            ))
        }
        UserCommand::Delete(act) => {
            let (account, entry) = act.confirmed(&pool, "Erase", Action::AccountDeleted).await?;
            ensure!(operator::delete(&pool, account.id, &entry).await?, "{} is gone already", account.username);
            Ok(format!("{} is erased", account.username))
        }
    }
}

impl AccountAction {
    /// The account, and what the audit log is to say, once the operator has confirmed.
    async fn confirmed(&self, pool: &PgPool, verb: &str, action: Action) -> anyhow::Result<(Account, Entry)> {
        let account = find(pool, &self.user).await?;
        if !self.yes {
            ensure!(io::stdin().is_terminal(), "say --yes: there is no terminal to ask on, so nothing was changed");
            eprint!("{verb} {} <{}> ({})? [y/N] ", account.username, account.email, account.id);
            let mut answer = String::new();
            io::stdin().read_line(&mut answer)?;
            ensure!(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()), "nothing was changed");
        }
        let entry = self.reason.entry(action, &account);
        Ok((account, entry))
    }
}

/// The person at the keyboard, as the operating system knows them: the audit log names them.
fn operator_name() -> String {
    let user = || User::from_uid(Uid::current()).ok().flatten().map(|user| user.name);
    std::env::var("SUDO_USER").ok().or_else(user).unwrap_or_else(|| Uid::current().to_string())
}

/// Runs a command about sign-ins; returns what to print.
///
/// # Errors
/// When there is no such account, or the database cannot be reached.
pub async fn sessions(command: SessionsCommand, database: &PgConnectOptions) -> anyhow::Result<String> {
    let SessionsCommand::Revoke { user, reason } = command;
    let pool = connect(database).await?;
    let account = find(&pool, &user).await?;
    let ended = operator::revoke_sessions(&pool, account.id, &reason.entry(Action::SignInsEnded, &account)).await?;
    Ok(format!("{ended} sign-ins of {} ended", account.username))
}

/// Runs a command about tokens; returns what to print.
///
/// # Errors
/// When the lifetime is none, or the key cannot sign.
pub fn token(command: &TokenCommand, signing: &Signing) -> anyhow::Result<String> {
    let TokenCommand::Issue { service, ttl } = command;
    Ok(signing.token_keys()?.sign_for_service(service, (*ttl).try_into()?)?)
}

pub(super) async fn connect(database: &PgConnectOptions) -> anyhow::Result<PgPool> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(database.clone());
    pool.await.context("cannot connect to the database")
}

async fn find(pool: &PgPool, user: &str) -> anyhow::Result<Account> {
    operator::find(pool, user).await?.with_context(|| format!("no account has the email, username or id {user}"))
}

fn describe(account: &Account) -> Result<String, time::error::Format> {
    let Account { id, username, email, email_verified, roles, created_at, suspended_at, sessions } = account;
    let verified = if *email_verified { "verified" } else { "not verified" };
    let suspended = suspended_at.map(|since| since.format(&Rfc3339)).transpose()?;
    Ok(format!(
        "id        {id}\nusername  {username}\nemail     {email} ({verified})\nroles     {}\ncreated   {}\nsign-ins  {sessions}{}",
        roles.join(" "),
        created_at.format(&Rfc3339)?,
        suspended.map(|since| format!("\nsuspended {since}")).unwrap_or_default(),
    ))
}

/// A role or the name of a service: what is safe in a claim, a log line and a header.
fn role(text: &str) -> anyhow::Result<String> {
    let letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    ensure!(letters && (1..=32).contains(&text.len()), "use 1 to 32 of a-z, 0-9, - and _");
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
    let seconds = parsed.context("write a number and d, h or m, such as 90d")?;
    ensure!((1..=TOKEN_DAYS_MAX * 86_400).contains(&seconds), "choose 1m to {TOKEN_DAYS_MAX}d");
    Ok(Duration::from_secs(seconds))
}
