//! The rules of the service, each beside the SQL that serves it.

pub mod access_token;
pub mod accounts;
pub mod database;
pub mod passwords;
pub mod profiles;
pub mod random;
pub mod refresh_token;
pub mod sign_in;
pub mod verification;
