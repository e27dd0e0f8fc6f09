//! Rate limits for sign-in (OWASP Credential Stuffing Prevention). Guessing does not lock out the owner.
//!
//! - A client has a budget across all accounts. It stops one password tried on many accounts.
//! - A client has a small budget per account. It stops many passwords tried on one account.
//! - Both budgets are nested by network size, since one subscriber may have an IPv6 network of any size.
//! - An account has a budget across all clients. Once it is used up, the account is under attack: each client gets only
//!   a few attempts, taken from a reserve. An owner in a new place can still sign in with the right password, even
//!   after a mistake.
//! - Once the reserve is used up, too, new places can no longer guess. The owner can sign in with a link
//!   (`sign_in_link`).
//! - A device on which the account has signed in before has a separate budget for that account (OWASP device cookies),
//!   independent of all other attempts.
//!
//! Only wrong passwords consume budget. The limits apply before the account is looked up, and equally to addresses
//! without an account. A burst of guesses at one account is limited to 120 from one /32 (30 from a /56, 60 from a /48)
//! and to 300 worldwide. After that, the rates are 1 in 10 minutes and 1 in 20 minutes.

use crate::base::rate_limit::{Bucket, Limit, NetworkLimits, Quota, RateLimits, by_network};
use crate::model::error::{ApiError, ErrorCode};

static CLIENT: NetworkLimits = by_network("sign-in client", 100, 3_000);
static ACCOUNT_BY_CLIENT: NetworkLimits = {
    let name = "sign-in account by client";
    [
        Limit { name, burst: 10, period_ms: 60_000 },
        Limit { name, burst: 30, period_ms: 120_000 },
        Limit { name, burst: 60, period_ms: 300_000 },
        Limit { name, burst: 120, period_ms: 600_000 },
    ]
};
static ACCOUNT: Limit = Limit { name: "sign-in account", burst: 100, period_ms: 600_000 };
static ACCOUNT_RESERVE: Limit = Limit { name: "sign-in account reserve", burst: 200, period_ms: 1_200_000 };
static CLIENT_UNDER_ATTACK: Limit =
    Limit { name: "sign-in account under attack by client", burst: 3, period_ms: 1_200_000 };
static ACCOUNT_ON_DEVICE: Limit = Limit { name: "sign-in account on device", burst: 10, period_ms: 60_000 };

/// The decision about an attempt.
pub struct Admission {
    pub is_admitted: bool,
    /// The tightest limit that applied. `None` if limits are off.
    pub quota: Option<Quota>,
    /// The budgets that it consumed.
    taken: Vec<Bucket>,
    /// Those that the right password refills: for this account, from this place or on this device.
    forgiven: Vec<Bucket>,
}

/// Counts an attempt to sign in as `email` (folded), from a client in `networks` (narrowest first), or on `device` if
/// `email` has signed in on it before.
pub async fn admit(
    limits: &RateLimits,
    email: &str,
    networks: &[String],
    device: Option<&str>,
) -> Result<Admission, ApiError> {
    if let Some(device) = device {
        let bucket = Bucket::new(&ACCOUNT_ON_DEVICE, format!("{email}\0{device}"));
        return take(limits, vec![bucket.clone()], vec![bucket]).await;
    }
    let by_client = Bucket::of_networks(&ACCOUNT_BY_CLIENT, networks, email);
    let client = [by_client.clone(), Bucket::of_networks(&CLIENT, networks, "")].concat();
    let own: Vec<Bucket> = by_client.into_iter().take(1).collect();
    let account = Bucket::new(&ACCOUNT, email);
    let admission = take(limits, [client.as_slice(), &[account]].concat(), own.clone()).await?;
    let is_under_attack = admission.quota.is_some_and(|quota| quota.limit.name == ACCOUNT.name);
    if admission.is_admitted || !is_under_attack {
        return Ok(admission);
    }
    let attacked = Bucket::of_networks(std::slice::from_ref(&CLIENT_UNDER_ATTACK), networks, email);
    let reserve = Bucket::new(&ACCOUNT_RESERVE, email);
    take(limits, [client, attacked.clone(), vec![reserve]].concat(), [own, attacked].concat()).await
}

async fn take(limits: &RateLimits, buckets: Vec<Bucket>, forgiven: Vec<Bucket>) -> Result<Admission, ApiError> {
    let decision = limits.take(&buckets).await?;
    Ok(Admission { is_admitted: decision.allowed, quota: decision.tightest(), taken: buckets, forgiven })
}

impl Admission {
    /// Adjusts the budgets to the outcome of the attempt. A wrong password consumes budget. The right one consumes none
    /// and clears earlier mistakes from this place. Our own errors consume none either.
    pub async fn settle<T>(self, limits: &RateLimits, outcome: &Result<T, ApiError>) -> Result<(), ApiError> {
        let code = outcome.as_ref().err().map(|error| error.code);
        if matches!(code, Some(ErrorCode::InvalidCredentials | ErrorCode::WrongPassword)) {
            return Ok(());
        }
        limits.refund(&self.taken).await?;
        // Only the right password gets these errors.
        if matches!(code, None | Some(ErrorCode::EmailNotVerified | ErrorCode::AccountSuspended)) {
            for bucket in &self.forgiven {
                limits.reset(bucket).await?;
            }
        }
        Ok(())
    }
}
