//! Conditional reads: what a caller has already need not be sent again (RFC 9110, section 13).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, StatusCode};

use crate::base::random::{encode, sha256};
use crate::model::error::{ApiError, ErrorCode};

/// Gives the answer of a read an `ETag`, unless it has one, and answers 304 without a body to those who have the
/// same.
pub async fn conditional(request: Request, answer: impl AsyncFnOnce(Request) -> Response) -> Response {
    if *request.method() != Method::GET {
        return answer(request).await;
    }
    let known = request.headers().typed_get::<IfNoneMatch>();
    let response = answer(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // It is in memory already: operations answer with whole values.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return ApiError::from(ErrorCode::Internal).into_response();
    };
    let Some(tag) = parts.headers.typed_get::<ETag>().or_else(|| tag(&bytes).parse().ok()) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    // Weak comparison: compression on the way makes tags weak.
    let is_known = known.is_some_and(|known| !known.precondition_passes(&tag));
    parts.headers.typed_insert(tag);
    if !is_known {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

fn tag(body: &[u8]) -> String {
    format!("\"{}\"", encode(&sha256(body)[..12]))
}
