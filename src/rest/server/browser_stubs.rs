//! Stubs of the client functions that pages refer to. None of them runs while the server renders a page.

use http::Method;

use crate::model::error::{ApiError, ErrorCode};
use crate::rest::form::Fields;

/// Always fails: only the browser uploads files.
pub async fn upload<Op>(_file: &web_sys::Blob, _progress: impl Fn(f64) + 'static) -> Result<Op::Output, ApiError>
where
    Op: server_fn::ServerFn<Error = ApiError>,
{
    Err(ErrorCode::Internal.into())
}

/// Always fails: only the browser calls operations over HTTP.
#[expect(clippy::unused_async, reason = "the client function waits for a response")]
pub async fn operation(_method: &Method, _path: &str, _input: &str) -> Result<String, ApiError> {
    Err(ErrorCode::Internal.into())
}

/// Returns no fields: forms are filled in only in the browser.
#[must_use]
pub fn fields(_data: &web_sys::FormData) -> Fields {
    Fields::new()
}

/// Does nothing: only the browser stores tokens.
pub const fn store_tokens<T>(_output: &T) {}

/// The server has all texts.
pub mod texts {
    use crate::text::module::Scope;

    /// Does nothing.
    #[expect(clippy::unused_async, reason = "the client function waits for a response")]
    pub async fn load(_scope: Scope) -> Option<()> {
        Some(())
    }
}
