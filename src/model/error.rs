//! Errors: a code for programs and a message for people.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error_messages;
use super::validation::FieldErrors;
use crate::text::errors;

/// Defines the codes with their wire names.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The cause of an error, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// Each code with its wire name.
            const NAMES: &[(&str, Self)] = &[$(($name, Self::$variant),)*];
        }
    };
}

error_codes! {
    ValidationFailed = "VALIDATION_FAILED",
    EmailAlreadyExists = "EMAIL_ALREADY_EXISTS",
    UsernameTaken = "USERNAME_TAKEN",
    UsernameTooSimilar = "USERNAME_TOO_SIMILAR",
    UsernameChangedRecently = "USERNAME_CHANGED_RECENTLY",
    InvalidCredentials = "INVALID_CREDENTIALS",
    InvalidRefreshToken = "INVALID_REFRESH_TOKEN",
    InvalidVerificationToken = "INVALID_VERIFICATION_TOKEN",
    InvalidSignInToken = "INVALID_SIGN_IN_TOKEN",
    InvalidResetToken = "INVALID_RESET_TOKEN",
    EmailNotVerified = "EMAIL_NOT_VERIFIED",
    AccountSuspended = "ACCOUNT_SUSPENDED",
    AccountPendingDeletion = "ACCOUNT_PENDING_DELETION",
    ReauthenticationRequired = "REAUTHENTICATION_REQUIRED",
    WrongPassword = "WRONG_PASSWORD",
    Unauthenticated = "UNAUTHENTICATED",
    Forbidden = "FORBIDDEN",
    UserNotFound = "USER_NOT_FOUND",
    NotFound = "NOT_FOUND",
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    RequestTimeout = "REQUEST_TIMEOUT",
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE",
    PayloadTooLarge = "PAYLOAD_TOO_LARGE",
    MalformedRequest = "MALFORMED_REQUEST",
    PreconditionFailed = "PRECONDITION_FAILED",
    AvatarTooLarge = "AVATAR_TOO_LARGE",
    AvatarInvalid = "AVATAR_INVALID",
    CannotFollowSelf = "CANNOT_FOLLOW_SELF",
    UserBlocked = "USER_BLOCKED",
    RateLimited = "RATE_LIMITED",
    Overloaded = "OVERLOADED",
    /// The response did not reach the browser. Never sent by the server.
    Unreachable = "UNREACHABLE",
    Internal = "INTERNAL",
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = Self::NAMES.iter().find(|(_, code)| code == self).map_or("INTERNAL", |(name, _)| name);
        name.serialize(serializer)
    }
}

// Not derived: the table is smaller in the browser.
impl<'de> Deserialize<'de> for ErrorCode {
    /// A code that this version does not know is an internal error to it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(Self::NAMES.iter().find(|(known, _)| *known == name).map_or(Self::Internal, |(_, code)| *code))
    }
}

impl ErrorCode {
    /// The message for people. All errors that the browser build creates itself have their texts here.
    fn message(self) -> &'static str {
        match self {
            Self::AvatarTooLarge => errors::avatar_too_large(),
            Self::AvatarInvalid => errors::avatar_invalid(),
            Self::Unreachable => errors::unreachable(),
            Self::Internal => errors::internal(),
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
