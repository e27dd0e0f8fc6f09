//! Ids in a query.

use uuid::Uuid;

use crate::model::error::ApiError;
use crate::text::error_responses;

/// Maximum number of ids in one request.
const IDS_MAX: usize = 100;

/// Parses comma-separated ids, at most 100.
///
/// # Errors
/// `VALIDATION_FAILED` for an invalid id, or too many.
pub fn parse(ids: &str) -> Result<Vec<Uuid>, ApiError> {
    let ids: Result<Vec<Uuid>, _> = ids.split(',').map(|id| id.trim().parse()).collect();
    let ids = ids.map_err(|_| ApiError::field("ids", error_responses::ids()))?;
    if ids.len() > IDS_MAX {
        return Err(ApiError::field("ids", error_responses::ids_many()));
    }
    Ok(ids)
}
