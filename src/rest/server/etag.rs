//! Conditional reads: what a caller has already need not be sent again (RFC 9110, section 13).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderValue, Method, StatusCode};

use crate::base::random::{encode, sha256};
use crate::model::error::{ApiError, ErrorCode};

/// Gives the answer of a read an `ETag`, unless it has one, and answers 304 without a body to those who have the
/// same.
pub async fn conditional(request: Request, answer: impl AsyncFnOnce(Request) -> Response) -> Response {
    if *request.method() != Method::GET {
        return answer(request).await;
    }
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let response = answer(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // It is in memory already: operations answer with whole values.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return ApiError::from(ErrorCode::Internal).into_response();
    };
    let tag = parts.headers.get(ETAG).cloned().or_else(|| HeaderValue::from_str(&tag(&bytes)).ok());
    let Some(tag) = tag else { return Response::from_parts(parts, Body::from(bytes)) };
    let fresh = known.is_some_and(|known| names(&known, &tag));
    parts.headers.insert(ETAG, tag);
    if !fresh {
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

/// Weak comparison: compression on the way makes tags weak.
fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let Ok(tag) = tag.to_str() else { return false };
    let mut known = known.to_str().unwrap_or_default().split(',').map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
