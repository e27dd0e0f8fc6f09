//! Messages of the errors that only the server creates. The browser build shows the messages that it receives.

use super::error::ErrorCode;
use crate::text::error_responses;
use crate::text::errors;

/// The message of a code that has no message in `error`.
pub fn of(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::ValidationFailed => error_responses::validation_failed(),
        ErrorCode::EmailAlreadyExists => error_responses::email_already_exists(),
        ErrorCode::UsernameTaken => error_responses::username_taken(),
        ErrorCode::UsernameTooSimilar => error_responses::username_too_similar(),
        ErrorCode::InvalidCredentials => error_responses::invalid_credentials(),
        ErrorCode::InvalidRefreshToken => error_responses::invalid_refresh_token(),
        ErrorCode::InvalidVerificationToken | ErrorCode::InvalidSignInToken | ErrorCode::InvalidResetToken => {
            error_responses::invalid_link()
        }
        ErrorCode::UsernameChangedRecently => error_responses::username_changed_recently(),
        ErrorCode::AccountPendingDeletion => error_responses::account_pending_deletion(),
        ErrorCode::ReauthenticationRequired => error_responses::reauthentication_required(),
        ErrorCode::WrongPassword => error_responses::wrong_password(),
        ErrorCode::EmailNotVerified => error_responses::email_not_verified(),
        ErrorCode::AccountSuspended => error_responses::account_suspended(),
        ErrorCode::Unauthenticated => error_responses::unauthenticated(),
        ErrorCode::Forbidden => error_responses::forbidden(),
        ErrorCode::UserNotFound => error_responses::user_not_found(),
        ErrorCode::NotFound => error_responses::not_found(),
        ErrorCode::MethodNotAllowed => error_responses::method_not_allowed(),
        ErrorCode::RequestTimeout => error_responses::request_timeout(),
        ErrorCode::UnsupportedMediaType => error_responses::unsupported_media_type(),
        ErrorCode::PayloadTooLarge => error_responses::payload_too_large(),
        ErrorCode::PreconditionFailed => error_responses::precondition_failed(),
        ErrorCode::CannotFollowSelf => error_responses::cannot_follow_self(),
        ErrorCode::UserBlocked => error_responses::user_blocked(),
        ErrorCode::RateLimited => error_responses::rate_limited(),
        ErrorCode::MalformedRequest => error_responses::malformed_request(),
        ErrorCode::Overloaded => error_responses::overloaded(),
        _ => errors::internal(),
    }
}
