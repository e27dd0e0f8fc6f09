//! OpenTelemetry traces: one span per request, in the caller's trace, sent to `OTEL_EXPORTER_OTLP_ENDPOINT`.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use http::{HeaderMap, Method, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Status, TraceContextExt as _, TracerProvider as _};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Whether [`Traces::start`] was called. Without it, requests skip all work for traces.
static IS_STARTED: AtomicBool = AtomicBool::new(false);

/// The exporter. Sends the remaining spans when dropped.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts sending in the background, over OTLP/HTTP. The SDK reads the `OTEL_…` variables.
    ///
    /// # Errors
    /// If these variables are invalid.
    pub fn start() -> anyhow::Result<Self> {
        let exporter = SpanExporter::builder().with_http().build().context("invalid OTEL_EXPORTER_OTLP_ENDPOINT")?;
        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence.
        let named = std::env::var("OTEL_SERVICE_NAME").is_ok();
        let resource = Resource::builder();
        let resource = if named { resource } else { resource.with_service_name("kith") };
        IS_STARTED.store(true, Ordering::Relaxed);
        Ok(Self(SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter).build()))
    }

    /// Converts spans to OpenTelemetry spans.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> OpenTelemetryLayer<S, Tracer> {
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("kith"))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "cannot send the remaining traces");
        }
    }
}

/// Makes the request's span a child of the caller's (W3C Trace Context).
pub fn continue_trace(span: &Span, headers: &HeaderMap) {
    if !IS_STARTED.load(Ordering::Relaxed) {
        return;
    }
    let context = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // Fails only if the filter excludes the span.
    let _ = span.set_parent(context);
}

/// Names the span after its route, and sets the attributes of the semantic conventions.
pub fn record_response(span: &Span, method: &Method, route: &str, status: StatusCode) {
    if !IS_STARTED.load(Ordering::Relaxed) {
        return;
    }
    let context = span.context();
    let span = context.span();
    span.update_name(format!("{method} {route}").trim_end().to_owned());
    span.set_attributes([
        KeyValue::new("http.request.method", method.to_string()),
        KeyValue::new("http.route", route.to_owned()),
        KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
    ]);
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}
