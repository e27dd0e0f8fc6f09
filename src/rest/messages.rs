//! What a user is told about an error, by the server: the browser's half shows the texts that it is sent.

use super::error::ErrorCode;

/// The message of a code that has none in `error`.
pub const fn of(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::ValidationFailed => "Some fields need your attention",
        ErrorCode::EmailAlreadyExists => "This email is already registered",
        ErrorCode::UsernameTaken => "This username is taken",
        ErrorCode::InvalidCredentials => "Invalid email or password",
        ErrorCode::InvalidRefreshToken => "Your session has ended. Please sign in again",
        ErrorCode::InvalidVerificationToken | ErrorCode::InvalidSignInToken => "This link is invalid or has expired",
        ErrorCode::EmailNotVerified => "Please verify your email address first",
        ErrorCode::AccountSuspended => "This account is suspended",
        ErrorCode::Unauthenticated => "Please sign in",
        ErrorCode::Forbidden => "This request is not allowed",
        ErrorCode::UserNotFound => "There is no such user",
        ErrorCode::NotFound => "There is nothing here",
        ErrorCode::MethodNotAllowed => "This method is not allowed here",
        ErrorCode::RequestTimeout => "The request took too long to arrive",
        ErrorCode::UnsupportedMediaType => "Send application/json",
        ErrorCode::PayloadTooLarge => "The request is too large",
        ErrorCode::PreconditionFailed => "This was changed in the meantime. Reload and try again",
        ErrorCode::CannotFollowSelf => "You cannot follow yourself",
        ErrorCode::RateLimited => "Too many attempts. Try again later",
        ErrorCode::MalformedRequest => "The request could not be read",
        ErrorCode::Overloaded => "We are very busy. Please try again in a moment",
        _ => "Something went wrong on our side. Please try again",
    }
}
