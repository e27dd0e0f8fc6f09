//! The language of an account: that of its emails, and of its pages on a device where none was chosen.

use crate::base::database::Database;
use crate::domain::sign_in::sign_in_id::SignInId;
use crate::model::error::ApiError;
use crate::text::language::Language;

/// Sets the language of the user whose sign-in this is, while it is active. Index: `users_pkey`.
pub async fn set(database: &Database, sign_in: SignInId, language: Language) -> Result<(), ApiError> {
    let statement = "UPDATE users.users u SET language = $3
                     WHERE u.id = $1 AND u.language <> $3
                       AND EXISTS (SELECT FROM users.sign_ins s
                                   WHERE s.user_id = $1 AND s.id = $2 AND s.revoked_at IS NULL)";
    let set = || {
        let statement = sqlx::query(statement).bind(sign_in.user).bind(sign_in.id).bind(language.tag());
        statement.execute(&**database)
    };
    database.write(set).await?;
    Ok(())
}
