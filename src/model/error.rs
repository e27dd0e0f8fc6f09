//! Errors: a code for programs and a message for people.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::error_messages;
use super::validation::FieldErrors;
use crate::text::errors;

/// The cause of an error, for programs. The wire form is the variant in `SCREAMING_SNAKE_CASE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    ValidationFailed,
    EmailAlreadyExists,
    UsernameTaken,
    InvalidCredentials,
    InvalidRefreshToken,
    InvalidVerificationToken,
    InvalidSignInToken,
    EmailNotVerified,
    AccountSuspended,
    Unauthenticated,
    Forbidden,
    UserNotFound,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    UnsupportedMediaType,
    PayloadTooLarge,
    MalformedRequest,
    PreconditionFailed,
    AvatarTooLarge,
    AvatarInvalid,
    CannotFollowSelf,
    RateLimited,
    Overloaded,
    /// The response did not reach the browser. Never sent by the server.
    Unreachable,
    #[serde(other)]
    Internal,
}

impl ErrorCode {
    /// The message for people. All errors that the browser build creates itself have their texts here.
    const fn message(self) -> &'static str {
        match self {
            Self::AvatarTooLarge => errors::AVATAR_TOO_LARGE,
            Self::AvatarInvalid => errors::AVATAR_INVALID,
            Self::Unreachable => errors::UNREACHABLE,
            Self::Internal => errors::INTERNAL,
            other => error_messages::of(other),
        }
    }
}

/// An error as every layer returns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub code: ErrorCode,
    /// For people. It never repeats the input.
    pub message: Cow<'static, str>,
    /// Messages by field, only with [`ErrorCode::ValidationFailed`].
    #[serde(default, skip_serializing_if = "FieldErrors::is_empty")]
    pub fields: FieldErrors,
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: code.message().into(), fields: FieldErrors::new() }
    }
}

impl From<FieldErrors> for ApiError {
    fn from(fields: FieldErrors) -> Self {
        Self { fields, ..ErrorCode::ValidationFailed.into() }
    }
}

impl ApiError {
    /// An error with a more specific message than the code's own.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..code.into() }
    }

    /// A validation error of one field.
    #[must_use]
    pub fn field(name: &str, message: &str) -> Self {
        FieldErrors::from_iter([(name.to_owned(), vec![message.to_owned()])]).into()
    }
}
