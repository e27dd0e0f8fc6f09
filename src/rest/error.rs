//! The error format of every response, `{"error": {"code", "message", "fields"}}`, and its status.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use server_fn::error::{FromServerFnError, ServerFnErrorErr};
use server_fn::{ContentType, Decodes, Encodes, Format, FormatType};

use crate::model::error::{ApiError, ErrorCode};

/// Returns the HTTP status of an error code.
#[must_use]
pub const fn status(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::MalformedRequest => 400,
        ErrorCode::InvalidCredentials | ErrorCode::InvalidRefreshToken | ErrorCode::Unauthenticated => 401,
        ErrorCode::EmailNotVerified
        | ErrorCode::AccountSuspended
        | ErrorCode::AccountPendingDeletion
        | ErrorCode::ReauthenticationRequired
        | ErrorCode::WrongPassword
        | ErrorCode::Forbidden => 403,
        ErrorCode::UserNotFound | ErrorCode::NotFound => 404,
        ErrorCode::MethodNotAllowed => 405,
        ErrorCode::RequestTimeout => 408,
        ErrorCode::EmailAlreadyExists
        | ErrorCode::UsernameTaken
        | ErrorCode::UsernameTooSimilar
        | ErrorCode::UsernameChangedRecently
        | ErrorCode::UserBlocked => 409,
        ErrorCode::PreconditionFailed => 412,
        ErrorCode::PayloadTooLarge => 413,
        ErrorCode::UnsupportedMediaType => 415,
        ErrorCode::ValidationFailed
        | ErrorCode::InvalidVerificationToken
        | ErrorCode::InvalidSignInToken
        | ErrorCode::InvalidResetToken
        | ErrorCode::AvatarTooLarge
        | ErrorCode::AvatarInvalid
        | ErrorCode::CannotFollowSelf => 422,
        ErrorCode::RateLimited => 429,
        ErrorCode::Internal | ErrorCode::Unreachable => 500,
        ErrorCode::Overloaded => 503,
    }
}

impl FromServerFnError for ApiError {
    type Encoder = Envelope;

    // Only for errors of the framework itself. Their messages are not meant for users.
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
