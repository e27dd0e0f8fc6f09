//! Metrics for Prometheus. Some are counted where things happen, others are collected on each scrape.

use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use tokio_util::sync::CancellationToken;

use crate::api::request::context::Context;
use crate::domain::profiles::avatars::removals;
use crate::email::backlog::backlog;
use crate::server::observe::telemetry;
use crate::server::run::state::AppState;

/// In seconds. Reads take milliseconds. A sign-in takes a quarter of a second, and several seconds under heavy load.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// How often histogram samples are aggregated between scrapes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
/// Longest wait for the database. The other metrics are needed most while it is down.
const COLLECT_TIMEOUT: Duration = Duration::from_secs(1);

/// One per process, like the recorder. Counts from before its first use are lost.
static EXPORTER: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| match install() {
    Ok(handle) => Some(handle),
    Err(error) => {
        tracing::error!(%error, "cannot start the metrics exporter");
        None
    }
});

fn install() -> Result<PrometheusHandle, metrics_exporter_prometheus::BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("duration_seconds".to_owned()), &BUCKETS)?
        .install_recorder()?;
    gauge!("kith_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
    Collector::default().describe();
    for (name, help) in [
        ("http_requests_total", "Requests by method, route template and status."),
        ("registration_total", "Registrations by outcome."),
        ("verification_total", "Email verifications by outcome."),
        ("account_rejection_total", "Rejections of an account by the owner of its address, by outcome."),
        ("sign_in_total", "Sign-ins by outcome."),
        ("refresh_total", "Token refreshes by outcome; reused tokens are rejected."),
        ("sign_out_total", "Sign-outs."),
        ("session_revocation_total", "Sessions that users ended, by outcome."),
        ("reauthentication_total", "Proofs of identity in a session, by outcome."),
        ("password_reset_request_total", "Requests for a link to reset a password, by outcome."),
        ("password_reset_total", "Password resets by outcome."),
        ("password_change_total", "Password changes by outcome."),
        ("email_change_total", "Steps of changing an address, by outcome."),
        ("username_change_total", "Username changes by outcome."),
        ("account_deletion_total", "Requested deletions and erasures of accounts, by outcome."),
        ("account_restoration_total", "Restorations of accounts that were to be deleted, by outcome."),
        ("export_total", "Exports of a user's data, by outcome."),
        ("rate_limited_total", "Requests rejected by a rate limit."),
        (
            "email_sent_total",
            "Attempts to send an email by outcome; refused ones need an operator, dead ones are not retried.",
        ),
        ("db_reads_total", "Reads that may be a moment old, by server: replica or primary. Only with replicas."),
        ("log_lines_lost_total", "Log lines that were not written because stdout was not read fast enough."),
        ("email_worker_panics_total", "Panics of the mail worker, which restarts automatically."),
    ] {
        metrics::describe_counter!(name, help);
    }
    for (name, help) in [
        ("kith_build_info", "The running version."),
        ("password_hash_queue", "Passwords waiting to be hashed or checked."),
        ("db_pool_connections", "Database connections by state."),
        ("db_pool_max_connections", "Maximum number of database connections."),
        ("db_replica_used", "1 if the replica serves reads; 0 if it lags or does not respond."),
        ("email_outbox_pending", "Emails waiting to be sent."),
        ("email_outbox_oldest_age_seconds", "Age of the oldest email waiting to be sent."),
        ("email_outbox_overdue_seconds", "How long the email that has been due longest has waited for a sender."),
        ("email_outbox_dead", "Emails that are no longer retried."),
        ("avatar_removals_stuck", "Unused pictures that could not be removed."),
    ] {
        metrics::describe_gauge!(name, help);
    }
    // `increase` misses the first event of a series that does not start at 0.
    for (name, outcome) in [
        ("refresh_total", "reused"),
        ("email_sent_total", "dead"),
        ("email_sent_total", "failed"),
        ("email_sent_total", "refused"),
    ] {
        counter!(name, "outcome" => outcome).increment(0);
    }
    counter!("email_worker_panics_total").increment(0);
    metrics::describe_histogram!("http_request_duration_seconds", "Response time by method and route template.");
    metrics::describe_histogram!("password_hash_duration_seconds", "Time to hash a password, including the wait.");
    Ok(handle)
}

/// Installs the recorder, and aggregates histograms until `shutdown`.
pub fn start(shutdown: CancellationToken) {
    let Some(exporter) = EXPORTER.as_ref() else { return };
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(UPKEEP_INTERVAL) => exporter.run_upkeep(),
                () = shutdown.cancelled() => return,
            }
        }
    });
}

/// Counts a request. All unmatched paths count as one route and all unusual methods as one method, so that clients
/// cannot create new series.
pub fn record_request(method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
    let method = match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    };
    let route = if route.is_empty() { "unmatched" } else { route }.to_owned();
    let status = status.as_str().to_owned();
    counter!("http_requests_total", "method" => method, "route" => route.clone(), "status" => status).increment(1);
    histogram!("http_request_duration_seconds", "method" => method, "route" => route).record(elapsed);
}

/// `GET /metrics`, in the text format of Prometheus.
pub async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    collect(&state.context).await;
    let text = EXPORTER.as_ref().map(PrometheusHandle::render).unwrap_or_default();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
async fn collect(context: &Context) {
    let Context { database, passwords, .. } = context;
    Collector::default().collect();
    counter!("log_lines_lost_total").absolute(telemetry::lost_lines() as u64);
    gauge!("password_hash_queue").set(passwords.waiting() as f64);
    let idle = database.idle();
    gauge!("db_pool_connections", "state" => "idle").set(idle as f64);
    gauge!("db_pool_connections", "state" => "used").set(database.size().saturating_sub(idle) as f64);
    gauge!("db_pool_max_connections").set(database.max_connections());
    match tokio::time::timeout(COLLECT_TIMEOUT, backlog(database)).await {
        Ok(Ok(backlog)) => {
            gauge!("email_outbox_pending").set(backlog.pending as f64);
            gauge!("email_outbox_oldest_age_seconds").set(backlog.oldest_age);
            gauge!("email_outbox_overdue_seconds").set(backlog.overdue);
            gauge!("email_outbox_dead").set(backlog.dead as f64);
        }
        Ok(Err(error)) => tracing::warn!(%error, "cannot count the outbox"),
        Err(_) => tracing::warn!("counting the outbox timed out"),
    }
    match tokio::time::timeout(COLLECT_TIMEOUT, removals::stuck(database)).await {
        Ok(Ok(stuck)) => gauge!("avatar_removals_stuck").set(stuck as f64),
        Ok(Err(error)) => tracing::warn!(%error, "cannot count the picture removals"),
        Err(_) => tracing::warn!("counting the picture removals timed out"),
    }
}
