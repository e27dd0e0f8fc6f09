//! Settings for accounts: password hashing, and the lifetimes of sessions and unverified accounts.

use super::environment::{ConfigError, Environment, variables};
use super::values::number;
use crate::domain::accounts::settings::SelfService;
use crate::domain::sign_in::refresh_token::SignInDays;

variables! {
    BCRYPT_COST: "a whole number from 4 to 31",
    DELETION_GRACE_DAYS: "a whole number from 0 to 365",
    RESET_MINUTES: "a whole number from 1 to 1440",
    SIGN_IN_DAYS: "a whole number from 1 to 3650",
    UNVERIFIED_ACCOUNT_DAYS: "a whole number from 1 to 365",
    USERNAME_HOLD_DAYS: "a whole number from 0 to 3650",
}

#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// `BCRYPT_COST`, 4 to 31, by default 12.
    pub bcrypt_cost: u32,
    /// `SIGN_IN_DAYS`: the maximum lifetime of a session, however often it is refreshed. 1 to 3650, by default 365.
    pub sign_in_days: SignInDays,
    /// `UNVERIFIED_ACCOUNT_DAYS`: how long an account may exist without a verified address. 1 to 365, by default 7.
    pub unverified_days: u32,
    /// `RESET_MINUTES`: 1 to 1440, by default 60. `DELETION_GRACE_DAYS`: 0 to 365, by default 14. `USERNAME_HOLD_DAYS`:
    /// 0, which means for ever, to 3650, by default 180.
    pub self_service: SelfService,
}

impl AccountSettings {
    pub(super) fn read<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Self {
        let sign_in_days = env.optional(SIGN_IN_DAYS, |text| number(text, &(1..=3650))).unwrap_or(365);
        Self {
            bcrypt_cost: env.optional(BCRYPT_COST, |text| number(text, &(4..=31))).unwrap_or(12),
            sign_in_days: SignInDays(sign_in_days.cast_signed()),
            self_service: Self::read_self_service(env),
            unverified_days: env.optional(UNVERIFIED_ACCOUNT_DAYS, |text| number(text, &(1..=365))).unwrap_or(7),
        }
    }

    /// Reads only the limits of account self-service, for operator commands.
    ///
    /// # Errors
    /// Lists everything that is malformed.
    pub fn self_service_from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<SelfService, ConfigError> {
        let mut env = Environment::new(lookup);
        let settings = Self::read_self_service(&mut env);
        env.finish(Some(settings))
    }

    fn read_self_service<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> SelfService {
        let hold_days = env.optional(USERNAME_HOLD_DAYS, |text| number(text, &(0..=3650))).unwrap_or(180);
        SelfService {
            reset_minutes: env.optional(RESET_MINUTES, |text| number(text, &(1..=1440))).unwrap_or(60).cast_signed(),
            deletion_grace_days: env
                .optional(DELETION_GRACE_DAYS, |text| number(text, &(0..=365)))
                .unwrap_or(14)
                .cast_signed(),
            username_hold_days: (hold_days > 0).then_some(hold_days.cast_signed()),
        }
    }
}
