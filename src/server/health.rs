//! Whether the service lives, and whether it can serve.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use sqlx::PgPool;

/// Longest wait for the database's answer.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Serialize)]
pub struct Health {
    status: &'static str,
}

const OK: Health = Health { status: "ok" };

/// 200 `{"status":"ok"}` while the database answers, else 503 (USER-INFRA-001.4-S1).
pub async fn health(State(pool): State<PgPool>) -> (StatusCode, Json<Health>) {
    let probe = sqlx::query("SELECT 1").execute(&pool);
    match tokio::time::timeout(PROBE_TIMEOUT, probe).await {
        Ok(Ok(_)) => (StatusCode::OK, Json(OK)),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "database unavailable" }))
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "database unavailable" })),
    }
}

/// 200 as long as the process answers at all.
pub async fn livez() -> Json<Health> {
    Json(OK)
}
