//! Gives every request an ID and one log line.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use pin_project_lite::pin_project;
use tower::{Layer, Service};
use tracing::instrument::Instrumented;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::base::current_request::{ForRequest as _, InRequest, RequestFields, with_request};
use crate::model::error::ErrorCode;
use crate::rest::server::mount;
use crate::rest::server::request::{ClientAddress, RequestUser};
use crate::server::observe::{metrics, traces};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Assigns each request an ID, which all its log lines and the response carry, and logs the response.
#[derive(Clone, Copy, Debug)]
pub struct LogRequests;

/// The service of [`LogRequests`].
#[derive(Clone, Debug)]
pub struct LoggedService<S>(S);

impl<S> Layer<S> for LogRequests {
    type Service = LoggedService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        LoggedService(inner)
    }
}

impl<S: Service<Request, Response = Response>> Service<Request> for LoggedService<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Logged<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let (line, span) = Line::begin(&mut request);
        let response = self.0.call(request).for_request(Arc::clone(&line.request)).instrument(span);
        Logged { response, line: Some(line) }
    }
}

pin_project! {
    /// The response of [`LoggedService`].
    pub struct Logged<F> {
        #[pin]
        response: Instrumented<InRequest<F>>,
        line: Option<Line>,
    }
}

impl<F: Future<Output = Result<Response, E>>, E> Future for Logged<F> {
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut response = ready!(this.response.as_mut().poll(context))?;
        if let Some(line) = this.line.take() {
            line.end(this.response.span(), &mut response);
        }
        Poll::Ready(Ok(response))
    }
}

/// What the line about a request says, apart from its response.
struct Line {
    started: Instant,
    request: Arc<RequestFields>,
    user: RequestUser,
    /// The route template. Some requests never reach the router.
    template: &'static str,
}

impl Line {
    /// Tells the request its ID. Returns its span, too, which only traces and filters of spans need.
    fn begin(request: &mut Request) -> (Self, Span) {
        let started = Instant::now();
        let fields = Arc::new(RequestFields {
            id: request_id(request.headers()),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            client: request.extensions().get().map(|ClientAddress(address)| *address),
        });
        let span = tracing::info_span!(
            "request",
            id = fields.id,
            method = fields.method.as_str(),
            path = fields.path,
            client = fields.client.map(tracing::field::display),
            otel.kind = "server",
        );
        traces::continue_trace(&span, request.headers());
        let template = mount::template(request.uri().path()).unwrap_or_default();
        let line = Self { started, request: fields, user: RequestUser::default(), template };
        request.extensions_mut().insert(line.user.clone());
        request.extensions_mut().insert(Arc::clone(&line.request));
        (line, span)
    }

    fn end(self, span: &Span, response: &mut Response) {
        if let Ok(value) = HeaderValue::from_str(&self.request.id) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        let _entered = span.enter();
        let route = response.extensions().get::<MatchedPath>().map_or(self.template, MatchedPath::as_str);
        let elapsed = self.started.elapsed();
        let latency_ms = elapsed.as_secs_f64() * 1000.0;
        let error_code = response.extensions().get::<ErrorCode>().map(tracing::field::debug);
        let user_id = self.user.get().map(tracing::field::display);
        let (status, method) = (response.status(), self.request.method.clone());
        with_request(self.request, || {
            tracing::info!(status = status.as_u16(), route, latency_ms, error_code, user_id, "answered");
        });
        metrics::record_request(&method, route, status, elapsed);
        traces::record_response(span, &method, route, status);
    }
}

/// Passes the route template to the outer layers.
pub fn record_route(request: &Request) -> impl FnOnce(Response) -> Response + use<> {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    move |mut response| {
        if let Some(matched) = matched {
            response.extensions_mut().insert(matched);
        }
        response
    }
}

/// Returns the ID that a proxy assigned, if it is harmless in a log, or else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let harmless =
        |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let assigned = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok()).filter(harmless);
    assigned.map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned)
}
