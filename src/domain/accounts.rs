//! Accounts: creating one, and finding one at sign-in.

use crate::model::timestamp::Timestamp;
use sqlx::PgPool;
use uuid::Uuid;

use super::database::fault::Ended;
use super::database::{Database, begin, violated};
use super::folding::fold;
use super::outcome::Attempt;
use super::verification;
use crate::model::account::RegisteredUser;
use crate::model::id::UserId;
use crate::rest::error::{ApiError, ErrorCode};

/// An account that is to be created; every value has passed its rule.
pub struct NewAccount {
    pub email: String,
    pub username: String,
    pub password_hash: String,
}

/// Creates an account, unverified, together with the mail that verifies it: either both are there
/// or neither. The database's unique indexes decide who comes first.
///
/// # Errors
/// `EMAIL_ALREADY_EXISTS`, `USERNAME_TAKEN` (USER-BE-001.1-S2).
pub async fn create(database: &Database, account: NewAccount) -> Result<RegisteredUser, ApiError> {
    let id = Uuid::now_v7();
    let created_at = database.write(|| insert(database, id, &account)).await?;
    Attempt::Registration.came_to("registered", Some(id));
    Ok(RegisteredUser { id: UserId(id), username: account.username, email: account.email, created_at })
}

async fn insert(pool: &PgPool, id: Uuid, account: &NewAccount) -> Result<Timestamp, Ended> {
    let mut transaction = begin(pool).await?;
    let inserted = sqlx::query_scalar::<_, Timestamp>(
        "INSERT INTO users.users (id, email, username, password_hash) VALUES ($1, $2, $3, $4) RETURNING created_at",
    )
    .bind(id)
    .bind(&account.email)
    .bind(&account.username)
    .bind(&account.password_hash)
    .fetch_one(&mut *transaction)
    .await;
    let created_at = match inserted {
        Ok(created_at) => created_at,
        Err(error) => {
            let Some(taken) = violated(&error) else { return Err(error.into()) };
            let outcome = if taken == ErrorCode::UsernameTaken { "username_taken" } else { "email_taken" };
            Attempt::Registration.came_to(outcome, None);
            return Err(taken.into());
        }
    };
    verification::request(&mut transaction, id).await?;
    transaction.commit().await?;
    Ok(created_at)
}

/// The highest cost among the stored hashes, of those from 4 to 31. Index: `users_hash_cost_idx`.
///
/// # Errors
/// Faults of the database.
pub async fn highest_cost(pool: &PgPool) -> sqlx::Result<Option<u32>> {
    let cost: Option<String> = sqlx::query_scalar(
        "SELECT substr(password_hash, 5, 2) FROM users.users
         WHERE substr(password_hash, 5, 2) BETWEEN '04' AND '31' ORDER BY 1 DESC LIMIT 1",
    )
    .fetch_optional(pool)
    .await?;
    Ok(cost.and_then(|cost| cost.parse().ok()))
}

/// Stores a hash of the same password at today's cost, unless the password has changed in the meantime.
///
/// # Errors
/// Faults of the database.
pub async fn replace_hash(database: &Database, id: Uuid, old: &str, new: &str) -> Result<(), ApiError> {
    let statement = "UPDATE users.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    database.write(|| sqlx::query(statement).bind(id).bind(old).bind(new).execute(&**database)).await?;
    Ok(())
}

/// What sign-in needs of an account.
#[derive(sqlx::FromRow)]
pub struct Credentials {
    pub id: Uuid,
    pub email: String,
    pub roles: Vec<String>,
    pub password_hash: String,
    pub email_verified: bool,
    pub suspended: bool,
    /// What [`super::refresh_token::issue`] compares: all sign-ins may be ended while a password is checked.
    pub sign_in_epoch: i32,
}

/// The account with this address, whatever the letter case. Index: `users_email_folded_key`.
///
/// # Errors
/// Faults of the database.
pub async fn credentials(pool: &PgPool, email: &str) -> Result<Option<Credentials>, ApiError> {
    let found = sqlx::query_as(
        r#"SELECT id, email, roles, password_hash, email_verified, suspended_at IS NOT NULL AS suspended, sign_in_epoch
           FROM users.users WHERE lower(email COLLATE "C") = $1"#,
    )
    .bind(fold(email))
    .fetch_optional(pool)
    .await?;
    Ok(found)
}
