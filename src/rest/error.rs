//! The one error shape: `{"error": {"code", "message", "fields"}}`.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use server_fn::error::{FromServerFnError, ServerFnErrorErr};
use server_fn::{ContentType, Decodes, Encodes, Format, FormatType};

use super::messages;
use crate::model::validation::FieldErrors;

/// What went wrong, for programs. The wire form is the variant in `SCREAMING_SNAKE_CASE`.
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
    /// The answer did not reach the browser; never sent by the server.
    Unreachable,
    #[serde(other)]
    Internal,
}

impl ErrorCode {
    /// The HTTP status that goes with the code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::MalformedRequest => 400,
            Self::InvalidCredentials | Self::InvalidRefreshToken | Self::Unauthenticated => 401,
            Self::EmailNotVerified | Self::AccountSuspended | Self::Forbidden => 403,
            Self::UserNotFound | Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::EmailAlreadyExists | Self::UsernameTaken => 409,
            Self::PreconditionFailed => 412,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::ValidationFailed
            | Self::InvalidVerificationToken
            | Self::InvalidSignInToken
            | Self::AvatarTooLarge
            | Self::AvatarInvalid
            | Self::CannotFollowSelf => 422,
            Self::RateLimited => 429,
            Self::Internal | Self::Unreachable => 500,
            Self::Overloaded => 503,
        }
    }

    /// What a user is told. The texts of all errors that the browser's half makes itself are here.
    const fn message(self) -> &'static str {
        match self {
            Self::AvatarTooLarge => "This picture is too large: use at most 2 MB",
            Self::AvatarInvalid => "Use a JPEG or PNG picture",
            Self::Unreachable => "We could not reach the server. Check your connection and try again",
            Self::Internal => "Something went wrong on our side. Please try again",
            other => messages::of(other),
        }
    }
}

/// An error as every layer answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub code: ErrorCode,
    /// For people; never repeats what was typed.
    pub message: Cow<'static, str>,
    /// Messages by field, with [`ErrorCode::ValidationFailed`] only.
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
    /// The code's error with a message that says more.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..code.into() }
    }

    /// One field that is wrong.
    #[must_use]
    pub fn field(name: &str, message: &str) -> Self {
        FieldErrors::from_iter([(name.to_owned(), vec![message.to_owned()])]).into()
    }
}

impl FromServerFnError for ApiError {
    type Encoder = Envelope;

    // Only reached by faults of the framework itself, whose texts are not for people.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        leptos::logging::error!("server function: {error}");
        ErrorCode::Internal.into()
    }
}

/// The body around an error.
#[derive(Serialize, Deserialize)]
pub struct Envelope<E = ApiError> {
    pub error: E,
}

impl ContentType for Envelope {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Envelope {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<ApiError> for Envelope {
    type Error = serde_json::Error;

    fn encode(error: &ApiError) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(&Envelope { error }).map(Bytes::from)
    }
}

impl Decodes<ApiError> for Envelope {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<ApiError, Self::Error> {
        serde_json::from_slice::<Self>(&bytes).map(|body| body.error)
    }
}
