//! Gives every request an ID and one log line.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use tracing::Instrument;
use uuid::Uuid;

use crate::model::error::ErrorCode;
use crate::rest::server::mount;
use crate::rest::server::request::{ClientAddress, RequestId, RequestUser};
use crate::server::observe::{metrics, traces};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Assigns the request an ID, which all its log lines and the response carry.
pub async fn log_requests(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    // Without the query, which may contain a token.
    let span = tracing::info_span!(
        "request",
        id = %id,
        method = %request.method(),
        path = request.uri().path(),
        client = request.extensions().get::<ClientAddress>().map(|address| tracing::field::display(address.0)),
        otel.kind = "server",
    );
    traces::continue_trace(&span, request.headers());
    let method = request.method().clone();
    let user = RequestUser::default();
    request.extensions_mut().insert(user.clone());
    request.extensions_mut().insert(RequestId(id.clone()));
    // Some requests never reach the router.
    let template = mount::template(request.uri().path()).unwrap_or_default();
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    let _entered = span.enter();
    let route = response.extensions().get::<MatchedPath>().map_or(template, MatchedPath::as_str);
    let elapsed = started.elapsed();
    let latency_ms = elapsed.as_secs_f64() * 1000.0;
    let error_code = response.extensions().get::<ErrorCode>().map(tracing::field::debug);
    let user_id = user.get().map(tracing::field::display);
    tracing::info!(status = response.status().as_u16(), route, latency_ms, error_code, user_id, "answered");
    metrics::record_request(&method, route, response.status(), elapsed);
    traces::record_response(&span, &method, route, response.status());
    response
}

/// Passes the route template to the outer layers.
pub async fn record_route(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(matched) = matched {
        response.extensions_mut().insert(matched);
    }
    response
}

/// Returns the ID that a proxy assigned, if it is harmless in a log, or else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let harmless =
        |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let assigned = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok()).filter(harmless);
    assigned.map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned)
}
