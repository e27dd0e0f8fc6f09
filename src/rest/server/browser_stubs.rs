//! What pages name of the browser's half. While the server renders them, none of it runs.

use http::Method;

use crate::model::error::{ApiError, ErrorCode};
use crate::rest::form::Fields;

/// Nothing is uploaded while a page is rendered.
///
/// # Errors
/// Always `INTERNAL`.
pub async fn upload<Op>(_file: &web_sys::Blob, _progress: impl Fn(f64) + 'static) -> Result<Op::Output, ApiError>
where
    Op: server_fn::ServerFn<Error = ApiError>,
{
    Err(ErrorCode::Internal.into())
}

/// Nothing is sent while a page is rendered.
///
/// # Errors
/// Always `INTERNAL`.
#[expect(clippy::unused_async, reason = "the browser's half waits for the answer")]
pub async fn operation(_method: &Method, _path: &str, _input: &str) -> Result<String, ApiError> {
    Err(ErrorCode::Internal.into())
}

/// Nothing is typed while a page is rendered.
#[must_use]
pub fn fields(_data: &web_sys::FormData) -> Fields {
    Fields::new()
}

/// No token arrives while a page is rendered.
pub const fn store_tokens<T>(_output: &T) {}
