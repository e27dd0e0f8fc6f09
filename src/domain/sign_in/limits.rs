//! How often sign-in may be tried (OWASP Credential Stuffing Prevention), and why guessing locks no owner out.
//!
//! - A client has a budget over all accounts: one password tried on many accounts ends there.
//! - A client has a small budget for each account: many passwords tried on one account end there.
//! - Both are nested budgets, since one subscriber may have an IPv6 network of any size.
//! - An account has a budget over all clients. When it is used up, the account is under attack: each client
//!   has a few tries only, out of a reserve. The owner, at a new place, still gets in with the right password,
//!   even after a mistake.
//! - When the reserve is used up as well, no new place may guess. The owner gets in by a link
//!   (`sign_in_link`).
//! - A device on which the account has signed in before has a budget of its own for that account (OWASP
//!   device cookies), whatever happens elsewhere.
//!
//! Only wrong passwords use the budgets up. All of it happens before the account is looked up, and is the
//! same for addresses that have none. From one /32, at most 120 guesses at one account are evaluated at once
//! (30 from a /56, 60 from a /48), and 300 from the whole world; then 1 in 10 minutes, and 1 in 20 minutes.

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

/// A try that was let in, or not.
pub struct Admission {
    pub is_admitted: bool,
    /// The tightest of the limits that it met; `None` when limits are off.
    pub quota: Option<Quota>,
    /// The budgets that it used.
    taken: Vec<Bucket>,
    /// Those of them that the right password fills again: of this account, at this place or on this device.
    forgiven: Vec<Bucket>,
}

/// Counts a try to sign in as `email`, folded, from a client in `networks` (the narrowest first), or on `device` if
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
    let taken = limits.take(&buckets).await?;
    Ok(Admission { is_admitted: taken.all, quota: taken.tightest(), taken: buckets, forgiven })
}

impl Admission {
    /// Settles the budgets by what came of the try. A wrong password has used them. The right one costs
    /// nothing, and earlier mistakes at this place are forgiven. A fault of ours costs nothing either.
    pub async fn settle<T>(self, limits: &RateLimits, outcome: &Result<T, ApiError>) -> Result<(), ApiError> {
        let code = outcome.as_ref().err().map(|error| error.code);
        if code == Some(ErrorCode::InvalidCredentials) {
            return Ok(());
        }
        limits.refund(&self.taken).await?;
        // These are told to the right password only.
        if matches!(code, None | Some(ErrorCode::EmailNotVerified | ErrorCode::AccountSuspended)) {
            for bucket in &self.forgiven {
                limits.reset(bucket).await?;
            }
        }
        Ok(())
    }
}
