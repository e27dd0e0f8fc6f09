//! Metrics for Prometheus: what is counted where it happens, and what is looked up when it is asked for.

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
use crate::server::run::state::AppState;

/// Seconds. Reads take milliseconds; a sign-in takes a quarter of a second and, in a storm, many.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// How often what histograms have gathered is added up, when nobody asks for it.
const UPKEEP_PERIOD: Duration = Duration::from_secs(5);
/// Longest wait for the database: the other metrics are wanted most while it does not answer.
const COLLECT_TIMEOUT: Duration = Duration::from_secs(1);

/// One for the process, as its recorder is. Whatever is counted before it is asked for is lost.
static EXPORTER: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| match install() {
    Ok(handle) => Some(handle),
    Err(error) => {
        tracing::error!(%error, "there will be no metrics");
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
        ("verification_total", "Verifications of an address by outcome."),
        ("account_rejection_total", "Accounts that the owner of the address did not create, by outcome."),
        ("sign_in_total", "Sign-ins by outcome."),
        ("refresh_total", "Refreshes by outcome; a reused token is refused, too."),
        ("sign_out_total", "Sign-outs."),
        ("rate_limited_total", "Requests refused by a rate limit."),
        (
            "email_sent_total",
            "Attempts to send a mail by outcome; refused ones need an operator, dead ones are not repeated.",
        ),
        ("email_worker_panics_total", "Panics of the mail worker, which began again."),
    ] {
        metrics::describe_counter!(name, help);
    }
    for (name, help) in [
        ("kith_build_info", "The version that runs."),
        ("password_hash_queue", "Passwords that wait to be hashed or checked."),
        ("db_pool_connections", "Connections to the database by state."),
        ("db_pool_max_connections", "Connections to the database at most."),
        ("email_outbox_pending", "Mails still to be sent."),
        ("email_outbox_oldest_age_seconds", "Age of the oldest mail still to be sent."),
        ("email_outbox_overdue_seconds", "Time for which the mail that is due longest has waited for a sender."),
        ("email_outbox_dead", "Mails that were given up."),
        ("avatar_removals_stuck", "Pictures that no profile shows and that cannot be removed."),
    ] {
        metrics::describe_gauge!(name, help);
    }
    // A series that begins with its first event hides it from `increase`.
    for (name, outcome) in [
        ("refresh_total", "reused"),
        ("email_sent_total", "dead"),
        ("email_sent_total", "failed"),
        ("email_sent_total", "refused"),
    ] {
        counter!(name, "outcome" => outcome).increment(0);
    }
    counter!("email_worker_panics_total").increment(0);
    metrics::describe_histogram!("http_request_duration_seconds", "Time to answer by method and route template.");
    metrics::describe_histogram!("password_hash_duration_seconds", "Time to hash a password, waiting included.");
    Ok(handle)
}

/// Begins to count, and adds up until `shutdown`.
pub fn start(shutdown: CancellationToken) {
    let Some(exporter) = EXPORTER.as_ref() else { return };
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(UPKEEP_PERIOD) => exporter.run_upkeep(),
                () = shutdown.cancelled() => return,
            }
        }
    });
}

/// Counts a request. Everything that no route matches is one route, and all odd methods are one
/// method: strangers must not make up series.
pub fn answered(method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
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

/// `GET /metrics`, in Prometheus' text format.
pub async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    collect(&state.context).await;
    let text = EXPORTER.as_ref().map(PrometheusHandle::render).unwrap_or_default();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
async fn collect(context: &Context) {
    let Context { database, passwords, .. } = context;
    Collector::default().collect();
    gauge!("password_hash_queue").set(passwords.waiting() as f64);
    let idle = database.num_idle();
    gauge!("db_pool_connections", "state" => "idle").set(idle as f64);
    gauge!("db_pool_connections", "state" => "used").set((database.size() as usize).saturating_sub(idle) as f64);
    gauge!("db_pool_max_connections").set(database.options().get_max_connections());
    match tokio::time::timeout(COLLECT_TIMEOUT, backlog(database)).await {
        Ok(Ok(backlog)) => {
            gauge!("email_outbox_pending").set(backlog.pending as f64);
            gauge!("email_outbox_oldest_age_seconds").set(backlog.oldest_age);
            gauge!("email_outbox_overdue_seconds").set(backlog.overdue);
            gauge!("email_outbox_dead").set(backlog.dead as f64);
        }
        Ok(Err(error)) => tracing::warn!(%error, "the outbox cannot be counted"),
        Err(_) => tracing::warn!("the outbox was not counted in time"),
    }
    match tokio::time::timeout(COLLECT_TIMEOUT, removals::stuck(database)).await {
        Ok(Ok(stuck)) => gauge!("avatar_removals_stuck").set(stuck as f64),
        Ok(Err(error)) => tracing::warn!(%error, "the removals of pictures cannot be counted"),
        Err(_) => tracing::warn!("the removals of pictures were not counted in time"),
    }
}
