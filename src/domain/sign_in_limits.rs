//! How often sign-in may be tried (OWASP Credential Stuffing Prevention), and why nobody can lock
//! another person out with it.
//!
//! - A place (the client's address) has a budget over all accounts: one password tried on many
//!   accounts ends there.
//! - A place has a small budget for each account: many passwords tried on one account end there.
//! - When an account is tried from very many places, each place is left a single try. It is never
//!   none: the person, at a place of their own, still gets in with the right password.
//! - A device on which somebody has signed in before has a budget of its own for that account
//!   (OWASP device cookies), whatever its neighbours behind the same address do.
//!
//! Only failures use the budgets up. All of it happens before the account is looked for, and is the
//! same for addresses that have none.

use super::rate_limit::{Limit, Quota, RateLimits};
use crate::rest::error::ApiError;

static PLACE: Limit = Limit { name: "sign-in place", burst: 100, period_seconds: 3 };
static ACCOUNT: Limit = Limit { name: "sign-in account", burst: 100, period_seconds: 60 };
static ACCOUNT_FROM_PLACE: Limit = Limit { name: "sign-in account from place", burst: 10, period_seconds: 60 };
static ACCOUNT_UNDER_ATTACK: Limit = Limit { name: "sign-in account under attack", burst: 1, period_seconds: 3600 };
static ACCOUNT_ON_DEVICE: Limit = Limit { name: "sign-in account on device", burst: 10, period_seconds: 60 };

/// A try that was let in, or not.
#[derive(Default)]
pub struct Admission {
    /// The tightest of the limits that it met; `None` when limits are off.
    pub quota: Option<Quota>,
    /// Budgets over many accounts or places, of which one was taken.
    wide: Vec<(&'static Limit, String)>,
    /// Budgets for this account at this place or on this device.
    narrow: Vec<(&'static Limit, String)>,
}

/// Counts a try to sign in as `email` from `place`, or on `device` where that is one which `email`
/// has signed in on.
///
/// # Errors
/// Faults of the database.
pub async fn admit(limits: &RateLimits, email: &str, place: &str, device: Option<&str>) -> Result<Admission, ApiError> {
    let email = email.to_lowercase();
    if let Some(device) = device {
        let subject = format!("{email}\0{device}");
        let quota = limits.take(&ACCOUNT_ON_DEVICE, &subject).await?;
        return Ok(Admission { quota, narrow: vec![(&ACCOUNT_ON_DEVICE, subject)], ..Admission::default() });
    }
    let at_place = limits.take(&PLACE, place).await?;
    if is_refused(at_place) {
        return Ok(Admission { quota: at_place, ..Admission::default() });
    }
    let subject = format!("{email}\0{place}");
    let from_place = limits.take(&ACCOUNT_FROM_PLACE, &subject).await?;
    // What one place may not try does not count for the account: else one could put it under attack.
    if is_refused(from_place) {
        return Ok(Admission { quota: from_place, ..Admission::default() });
    }
    let mut wide = vec![(&PLACE, place.to_owned())];
    let mut narrow = vec![(&ACCOUNT_FROM_PLACE, subject.clone())];
    let mut met = vec![from_place, at_place];
    if is_refused(limits.take(&ACCOUNT, &email).await?) {
        met.insert(0, limits.take(&ACCOUNT_UNDER_ATTACK, &subject).await?);
        narrow.push((&ACCOUNT_UNDER_ATTACK, subject));
    } else {
        wide.push((&ACCOUNT, email));
    }
    let tightest = met.into_iter().flatten().min_by_key(|quota| quota.remaining);
    Ok(Admission { quota: tightest, wide, narrow })
}

fn is_refused(quota: Option<Quota>) -> bool {
    quota.is_some_and(|quota| quota.retry_after_seconds.is_some())
}

impl Admission {
    /// The password was right: the try costs nothing, and earlier mistakes here are forgiven.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn succeeded(self, limits: &RateLimits) -> Result<(), ApiError> {
        for (limit, subject) in self.wide {
            limits.give_back(limit, &subject).await?;
        }
        for (limit, subject) in self.narrow {
            limits.forget(limit, &subject).await?;
        }
        Ok(())
    }
}
