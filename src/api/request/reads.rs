//! Reads that may come from a replica, but never miss a write of their caller.

use http::HeaderName;
use http::request::Parts;
use leptos::prelude::expect_context;

use super::context::context;
use super::cookies::find;
use crate::base::database::Reader;
use crate::base::database::lsn::Lsn;
use crate::model::error::ApiError;

/// The response header of a write that a caller without cookies sends back with its next reads.
pub const POSITION_HEADER: HeaderName = HeaderName::from_static("kith-position");
/// The cookie that does the same for browsers.
pub const POSITION_COOKIE: &str = "__Host-position";

/// Runs a read that may be a moment old, on a replica that has the caller's writes, or on the primary.
pub async fn read<T, F>(run: impl Fn(Reader) -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let database = context().database.clone();
    let position = if database.has_replicas() { position(&expect_context()) } else { Lsn::default() };
    database.read(position, run).await
}

/// The position of the caller's last write. What is not a position leads to the primary.
fn position(parts: &Parts) -> Lsn {
    let headers = parts.headers.get_all(POSITION_HEADER).into_iter();
    let headers = headers.map(|value| value.to_str().unwrap_or_default().to_owned());
    let positions = headers.chain(find(parts, POSITION_COOKIE)).map(|value| value.parse().unwrap_or(Lsn::MAX));
    positions.max().unwrap_or_default()
}
