//! Messages of the errors that only the server creates. The browser build shows the messages that it receives.

use super::error::ErrorCode;
use crate::text::errors;

/// The message of a code that has no message in `error`.
pub const fn of(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::ValidationFailed => errors::VALIDATION_FAILED,
        ErrorCode::EmailAlreadyExists => errors::EMAIL_ALREADY_EXISTS,
        ErrorCode::UsernameTaken => errors::USERNAME_TAKEN,
        ErrorCode::InvalidCredentials => errors::INVALID_CREDENTIALS,
        ErrorCode::InvalidRefreshToken => errors::INVALID_REFRESH_TOKEN,
        ErrorCode::InvalidVerificationToken | ErrorCode::InvalidSignInToken | ErrorCode::InvalidResetToken => {
            errors::INVALID_LINK
        }
        ErrorCode::UsernameChangedRecently => errors::USERNAME_CHANGED_RECENTLY,
        ErrorCode::AccountPendingDeletion => errors::ACCOUNT_PENDING_DELETION,
        ErrorCode::ReauthenticationRequired => errors::REAUTHENTICATION_REQUIRED,
        ErrorCode::WrongPassword => errors::WRONG_PASSWORD,
        ErrorCode::EmailNotVerified => errors::EMAIL_NOT_VERIFIED,
        ErrorCode::AccountSuspended => errors::ACCOUNT_SUSPENDED,
        ErrorCode::Unauthenticated => errors::UNAUTHENTICATED,
        ErrorCode::Forbidden => errors::FORBIDDEN,
        ErrorCode::UserNotFound => errors::USER_NOT_FOUND,
        ErrorCode::NotFound => errors::NOT_FOUND,
        ErrorCode::MethodNotAllowed => errors::METHOD_NOT_ALLOWED,
        ErrorCode::RequestTimeout => errors::REQUEST_TIMEOUT,
        ErrorCode::UnsupportedMediaType => errors::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::PayloadTooLarge => errors::PAYLOAD_TOO_LARGE,
        ErrorCode::PreconditionFailed => errors::PRECONDITION_FAILED,
        ErrorCode::CannotFollowSelf => errors::CANNOT_FOLLOW_SELF,
        ErrorCode::RateLimited => errors::RATE_LIMITED,
        ErrorCode::MalformedRequest => errors::MALFORMED_REQUEST,
        ErrorCode::Overloaded => errors::OVERLOADED,
        _ => errors::INTERNAL,
    }
}
