//! Liveness and readiness.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;

use crate::base::database::probe::DatabaseStatus;
use crate::server::run::state::AppState;

#[derive(Serialize)]
pub struct Health {
    status: &'static str,
}

const OK: Health = Health { status: "ok" };

/// 200 `{"status":"ok"}` while the database is reachable and writable, otherwise 503 (USER-INFRA-001.4-S1). Responds
/// within 2 s, however busy the pool is.
pub async fn health(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    let unavailable = |status| (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status }));
    match state.context.database.status().await {
        DatabaseStatus::Writable => (StatusCode::OK, Json(OK)),
        DatabaseStatus::ReadOnly => unavailable("database read-only"),
        DatabaseStatus::Unreachable => unavailable("database unavailable"),
    }
}

/// 200 as long as the process responds at all.
pub async fn livez() -> Json<Health> {
    Json(OK)
}
