//! Reads whole request bodies, up to a limit.

use std::error::Error;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use crate::model::error::{ApiError, ErrorCode};
use crate::text::error_responses;

/// The largest JSON or form body, in bytes.
pub const BODY_MAX: usize = 64 * 1024;

/// The body arrived too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the request body arrived too slowly")]
pub struct BodyStalled;

/// Reads the whole body, of at most `max` bytes. Stops at the limit, and reads nothing if `Content-Length` already
/// exceeds it. The connection handles what the client still sends.
///
/// # Errors
/// `too_large`; `UNSUPPORTED_MEDIA_TYPE` for a compressed body; `REQUEST_TIMEOUT` if it stalls; `MALFORMED_REQUEST`
/// if it ends early.
pub async fn read(headers: &HeaderMap, body: Body, max: usize, too_large: ErrorCode) -> Result<Bytes, ApiError> {
    reject_encoded(headers)?;
    let declared = declared_length(headers);
    if declared.is_some_and(|length| length > max) {
        return Err(too_large.into());
    }
    // Copied, since even a chunk of one byte keeps a whole read buffer alive.
    let mut whole = BytesMut::with_capacity(declared.unwrap_or_default());
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(aborted)?;
        if whole.len() + chunk.len() > max {
            return Err(too_large.into());
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Returns the value of `Content-Length`.
pub fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Rejects a body with a content coding (RFC 9110, section 8.4), since a small one can decompress to any size.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE`.
pub fn reject_encoded(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut codings = headers.get_all(CONTENT_ENCODING).into_iter();
    if codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, error_responses::content_encoding()))
}

/// Returns the error for a body that ended early.
pub fn aborted(error: axum::Error) -> ApiError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if error.is::<BodyStalled>() {
            return ErrorCode::RequestTimeout.into();
        }
        cause = error.source();
    }
    ErrorCode::MalformedRequest.into()
}
