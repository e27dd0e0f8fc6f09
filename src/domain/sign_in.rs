//! Signing in with email and password, and whom a page session belongs to.

use sqlx::PgPool;
use uuid::Uuid;

use super::access_token::Subject;
use super::accounts;
use super::outcome::Attempt;
use super::passwords::{Passwords, Verdict};
use super::profiles::{COLUMNS, COUNTS};
use super::refresh_token::{self, Session};
use crate::model::account::Me;
use crate::model::id::UserId;
use crate::rest::error::{ApiError, ErrorCode};

/// Checks email and password and starts a sign-in. An unknown address costs the same one bcrypt
/// verification and gets the same answer as a wrong password (USER-STORY-002-S3, OWASP).
///
/// # Errors
/// `INVALID_CREDENTIALS`; `EMAIL_NOT_VERIFIED`, which only the right password learns; `OVERLOADED`.
pub async fn sign_in(pool: &PgPool, passwords: &Passwords, email: &str, password: String) -> Result<Session, ApiError> {
    let account = accounts::credentials(pool, email).await?;
    let hash = account.as_ref().map(|account| account.password_hash.as_str());
    let verdict = passwords.verify(password, hash).await.inspect_err(|error| {
        if error.code == ErrorCode::Overloaded {
            Attempt::SignIn.came_to("overloaded", None);
        }
    })?;
    if let (Some(account), Verdict::Outdated { hash }) = (&account, &verdict) {
        accounts::replace_hash(pool, account.id, &account.password_hash, hash).await?;
        tracing::info!(user_id = %account.id, "password hashed anew at the present cost");
    }
    let matches = verdict != Verdict::Wrong;
    match account {
        Some(account) if matches && account.email_verified => {
            let subject = Subject { id: UserId(account.id), email: account.email, roles: account.roles };
            let session = refresh_token::issue(pool, subject).await?;
            Attempt::SignIn.came_to("signed_in", Some(account.id));
            Ok(session)
        }
        Some(account) if matches => {
            Attempt::SignIn.came_to("not_verified", Some(account.id));
            Err(ErrorCode::EmailNotVerified.into())
        }
        Some(account) => {
            Attempt::SignIn.came_to("wrong_password", Some(account.id));
            Err(ErrorCode::InvalidCredentials.into())
        }
        None => {
            Attempt::SignIn.came_to("unknown_email", None);
            Err(ErrorCode::InvalidCredentials.into())
        }
    }
}

/// The person behind a page session, as long as its sign-in goes on.
///
/// # Errors
/// Faults of the database.
pub async fn person(pool: &PgPool, family: Uuid) -> Result<Option<Me>, ApiError> {
    let statement = format!(
        "SELECT {COLUMNS} FROM users.token_families f JOIN users.users u ON u.id = f.user_id {COUNTS}
         WHERE f.id = $1 AND f.revoked_at IS NULL
           AND EXISTS (SELECT FROM users.refresh_tokens t
                       WHERE t.family_id = f.id AND NOT t.revoked AND t.expires_at > now())"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(family).fetch_optional(pool).await?)
}
