//! The resources that operations share.

use std::sync::Arc;

use leptos::prelude::expect_context;
use tokio::sync::Notify;

use super::uploads::Uploads;
use crate::base::database::Database;
use crate::base::deferred::Deferred;
use crate::base::rate_limit::RateLimits;
use crate::domain::accounts::password_choice::PasswordChoice;
use crate::domain::accounts::settings::SelfService;
use crate::domain::profiles::avatars::Avatars;
use crate::domain::profiles::lookup::UserLookup;
use crate::domain::sign_in::access_token::TokenKeys;
use crate::domain::sign_in::device::Devices;
use crate::domain::sign_in::passwords::Passwords;
use crate::domain::sign_in::refresh_token::SignInDays;

/// Shared by all requests.
pub struct Context {
    pub database: Database,
    pub passwords: Passwords,
    pub password_choice: PasswordChoice,
    pub token_keys: TokenKeys,
    pub rate_limits: RateLimits,
    pub avatars: Avatars,
    pub user_lookup: UserLookup,
    pub devices: Devices,
    /// Maximum lifetime of a sign-in.
    pub sign_in_days: SignInDays,
    /// Limits concurrent uploads.
    pub uploads: Uploads,
    /// Background work that the response does not wait for.
    pub deferred: Deferred,
    /// Wakes the mail worker.
    pub mail: Arc<Notify>,
    /// Wakes the task that hides, restores and erases accounts.
    pub accounts_due: Arc<Notify>,
    pub self_service: SelfService,
    /// Days after which an unverified account is deleted.
    pub unverified_account_days: u32,
}

/// Returns the context that the server provides to each request.
///
/// # Panics
/// Outside a request.
pub fn context() -> Arc<Context> {
    expect_context()
}
