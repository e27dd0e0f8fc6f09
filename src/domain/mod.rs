//! The rules of the service, each beside the SQL that serves it.

pub mod access_token;
pub mod accounts;
pub mod avatars;
pub mod bcrypt;
pub mod database;
pub mod device;
pub mod folding;
pub mod follow_counts;
pub mod follows;
pub mod key_set;
pub mod low_priority;
pub mod operator;
pub mod outcome;
pub mod password;
pub mod password_choice;
pub mod passwords;
pub mod people;
pub mod profiles;
pub mod random;
pub mod rate_limit;
pub mod refresh_token;
pub mod relation;
pub mod sign_in;
pub mod sign_in_limits;
pub mod timeline;
mod timestamp;
pub mod verification;
