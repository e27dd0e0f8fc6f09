//! Settings for accounts: password hashing, and the lifetimes of sessions and unverified accounts.

use super::environment::{Environment, variables};
use super::values::number;
use crate::domain::sign_in::refresh_token::SignInDays;

variables! {
    BCRYPT_COST: "a whole number from 4 to 31",
    SIGN_IN_DAYS: "a whole number from 1 to 3650",
    UNVERIFIED_ACCOUNT_DAYS: "a whole number from 1 to 365",
}

#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// `BCRYPT_COST`, 4 to 31, by default 12.
    pub bcrypt_cost: u32,
    /// `SIGN_IN_DAYS`: the maximum lifetime of a session, however often it is refreshed. 1 to 3650, by default 365.
    pub sign_in_days: SignInDays,
    /// `UNVERIFIED_ACCOUNT_DAYS`: how long an account may exist without a verified address. 1 to 365, by default 7.
    pub unverified_days: u32,
}

impl AccountSettings {
    pub(super) fn read<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Self {
        let sign_in_days = env.optional(SIGN_IN_DAYS, |text| number(text, &(1..=3650))).unwrap_or(365);
        Self {
            bcrypt_cost: env.optional(BCRYPT_COST, |text| number(text, &(4..=31))).unwrap_or(12),
            sign_in_days: SignInDays(sign_in_days.cast_signed()),
            unverified_days: env.optional(UNVERIFIED_ACCOUNT_DAYS, |text| number(text, &(1..=365))).unwrap_or(7),
        }
    }
}
