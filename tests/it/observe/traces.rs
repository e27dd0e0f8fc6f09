//! Traces sent to an OpenTelemetry collector.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::support::database::TestDatabase;
use crate::support::process::{Process, free_address, serve, wait_until_healthy};

async fn collector() -> (String, UnboundedReceiver<ExportTraceServiceRequest>) {
    async fn receive(State(sender): State<Arc<UnboundedSender<ExportTraceServiceRequest>>>, body: Bytes) {
        let _ = sender.send(ExportTraceServiceRequest::decode(body).unwrap());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = unbounded_channel();
    let router = Router::new().route("/v1/traces", post(receive)).with_state(Arc::new(sender));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, receiver)
}

fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == key);
    found.map(|attribute| format!("{:?}", attribute.value)).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_span_in_the_callers_trace() {
    let (url, mut received) = collector().await;
    let (database, address) = (TestDatabase::create().await, free_address());
    let mut command = serve(&database, &address);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &url).env("RUST_LOG", "warn");
    let mut process = Process::start(command);
    wait_until_healthy(&address).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = reqwest::Client::new()
        .get(format!("http://{address}/users/0190163d-8694-739b-aea5-966c26f8ad91?token=sesame"))
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    assert_eq!(request.send().await.unwrap().status(), 404);
    process.signal(Signal::SIGTERM);
    assert_eq!(process.exit_code(), Some(0));

    let mut spans = Vec::new();
    while let Ok(Some(batch)) = tokio::time::timeout(Duration::from_secs(2), received.recv()).await {
        assert!(format!("{batch:?}").contains("\"kith\""), "service.name");
        assert!(!format!("{batch:?}").contains("sesame"));
        let scopes = batch.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        spans.extend(scopes.flat_map(|scope| scope.spans));
    }
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    let span = spans.iter().find(|span| span.name == "GET /users/{id}").unwrap_or_else(|| panic!("{names:?}"));
    let id = u128::from_be_bytes(span.trace_id.as_slice().try_into().unwrap());
    assert_eq!(format!("{id:032x}"), trace);
    assert!(attribute(span, "http.route").contains("/users/{id}"));
    assert!(attribute(span, "http.response.status_code").contains("404"));
    assert!(
        span.events.iter().any(|event| format!("{event:?}").contains("FROM users.users u WHERE u.id = ANY")),
        "its statement"
    );
}
