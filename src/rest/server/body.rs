//! Request bodies: read whole, up to a limit, and only by what asks for them.

use std::error::Error;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use crate::model::error::{ApiError, ErrorCode};
use crate::text::errors;

/// The largest JSON or form body, in bytes.
pub const BODY_MAX: usize = 64 * 1024;

/// A body that arrives too slowly to be waited for.
#[derive(Debug, thiserror::Error)]
#[error("the request's body arrives too slowly")]
pub struct BodyStalled;

/// The whole body, of at most `max` bytes. One that is larger is not read to its end, and not at all where
/// its length is announced; the connection takes care of what the client still sends.
///
/// # Errors
/// `too_large`; `UNSUPPORTED_MEDIA_TYPE` for a compressed body; `REQUEST_TIMEOUT` when it stalls;
/// `MALFORMED_REQUEST` when it breaks off.
pub async fn read(headers: &HeaderMap, body: Body, max: usize, too_large: ErrorCode) -> Result<Bytes, ApiError> {
    reject_encoded(headers)?;
    let announced = declared_length(headers);
    if announced.is_some_and(|length| length > max) {
        return Err(too_large.into());
    }
    // Copied: a chunk may be a single byte, and would keep a whole read buffer.
    let mut whole = BytesMut::with_capacity(announced.unwrap_or_default());
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

/// What `Content-Length` says.
pub fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses a body with a content coding (RFC 9110, section 8.4): a small one could become any size.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE`.
pub fn reject_encoded(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut codings = headers.get_all(CONTENT_ENCODING).into_iter();
    if codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, errors::CONTENT_ENCODING))
}

/// Why a body ended early.
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
