//! Conditional requests: a caller that has the current version is not sent it again (RFC 9110, section 13).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, StatusCode};

use crate::base::random::{encode, sha256};
use crate::model::error::{ApiError, ErrorCode};

/// Adds an `ETag` to the response of a GET request unless it has one. Responds with 304 and no body if the caller
/// already has this version.
pub async fn conditional(request: Request, handler: impl AsyncFnOnce(Request) -> Response) -> Response {
    if *request.method() != Method::GET {
        return handler(request).await;
    }
    let if_none_match = request.headers().typed_get::<IfNoneMatch>();
    let response = handler(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The body is already in memory: operations return whole values.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return ApiError::from(ErrorCode::Internal).into_response();
    };
    let Some(tag) = parts.headers.typed_get::<ETag>().or_else(|| compute_tag(&bytes).parse().ok()) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    // Weak comparison, since a proxy that compresses makes tags weak.
    let is_unchanged = if_none_match.is_some_and(|known| !known.precondition_passes(&tag));
    parts.headers.typed_insert(tag);
    if !is_unchanged {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

fn compute_tag(body: &[u8]) -> String {
    format!("\"{}\"", encode(&sha256(body)[..12]))
}
