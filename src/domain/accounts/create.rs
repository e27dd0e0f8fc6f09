//! Creates accounts.

use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{claims, looks, verification};
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::events::{self, EventType};
use crate::domain::search::terms;
use crate::model::accounts::RegisteredUser;
use crate::model::email::Email;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::model::timestamp::Timestamp;
use crate::model::username::Username;
use crate::text::language::Language;

/// The validated values of a new account.
pub struct NewAccount {
    pub email: Email,
    pub username: Username,
    pub password_hash: String,
    /// Of its emails.
    pub language: Language,
}

/// Creates an unverified account and queues its verification mail in the same transaction. Of two concurrent
/// registrations, `users_email_folded_key` and `users_username_folded_key` reject the second.
///
/// # Errors
/// `EMAIL_ALREADY_EXISTS`, `USERNAME_TAKEN` (USER-BE-001.1-S2); `USERNAME_TOO_SIMILAR`.
pub async fn create(database: &Database, account: NewAccount) -> Result<RegisteredUser, ApiError> {
    let id = Uuid::now_v7();
    let created_at = database.write(|| insert(database, id, &account)).await?;
    terms::refresh(database, id).await;
    attempts::record(Attempt::Registration, Outcome::Registered, Some(id));
    Ok(RegisteredUser {
        id: UserId(id),
        username: account.username.to_string(),
        email: account.email.to_string(),
        created_at,
    })
}

async fn insert(pool: &Pool, id: Uuid, account: &NewAccount) -> Result<Timestamp, OperationError> {
    let mut transaction = begin(pool).await?;
    let created_at = insert_row(&mut transaction, id, account).await.inspect_err(|error| {
        if let OperationError::Rejected(taken) = error {
            let outcome = match taken.code {
                ErrorCode::UsernameTaken => Outcome::UsernameTaken,
                ErrorCode::UsernameTooSimilar => Outcome::UsernameTooSimilar,
                _ => Outcome::EmailTaken,
            };
            attempts::record(Attempt::Registration, outcome, None);
        }
    })?;
    verification::request(&mut transaction, id).await?;
    let data = json!({ "id": id, "username": account.username.as_str() });
    events::record(&mut transaction, EventType::UserRegistered, id, data).await?;
    transaction.commit().await?;
    Ok(created_at)
}

async fn insert_row(
    connection: &mut PgConnection,
    id: Uuid,
    account: &NewAccount,
) -> Result<Timestamp, OperationError> {
    let (email, username) = (account.email.as_str(), account.username.as_str());
    claims::claim(connection, id, email, username).await?;
    let created_at = sqlx::query_scalar(
        "INSERT INTO users.users (id, email, username, password_hash, language) VALUES ($1, $2, $3, $4, $5)
         RETURNING created_at",
    )
    .bind(id)
    .bind(email)
    .bind(username)
    .bind(&account.password_hash)
    .bind(account.language.tag())
    .fetch_one(&mut *connection)
    .await
    .map_err(claims::rejected)?;
    // After the names themselves, whose errors say more.
    looks::claim(connection, id, username, None).await?;
    Ok(created_at)
}
