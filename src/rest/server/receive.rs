//! Server side of uploads.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http::Method;
use http::header::CONTENT_TYPE;
use multer::Multipart;
use serde::Serialize;
use server_fn::Protocol;
use server_fn::client::Client;
use server_fn::server::Server;

use super::body;
use super::form_post::FormPost;
use super::media_type::{MULTIPART, media_type};
use super::pairs::parse_pairs;
use super::respond::respond;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::upload::Upload;
use crate::rest::verb::Verb;
use crate::text::error_responses;

/// How much larger than its file a multipart body may be, in bytes.
const MULTIPART_OVERHEAD: usize = 64 * 1024;
/// How many parts are searched for the file.
const PARTS_MAX: usize = 16;

/// Which files an operation accepts, and the checks before the first byte of an upload is read: who the caller is, and
/// whether an upload slot is free.
pub trait Admission {
    const FILE: FileRules;

    /// Held until the operation has ended.
    type Slot: Send;

    /// Admits or rejects the upload.
    fn admit() -> impl Future<Output = Result<Self::Slot, ApiError>> + Send;
}

/// Which files an operation accepts.
#[derive(Clone, Copy)]
pub struct FileRules {
    /// The multipart field that holds the file.
    pub field: &'static str,
    /// The largest file, in bytes.
    pub max: usize,
    /// The error for a larger one.
    pub too_large: ErrorCode,
}

impl<V, In, Out, C, S> Protocol<In, Out, C, S, ApiError> for Upload<V>
where
    V: Verb,
    In: Admission + From<Bytes> + Send,
    Out: Serialize + Send,
    C: Client<ApiError>,
    S: Server<ApiError, Request = Request, Response = Response>,
{
    const METHOD: Method = V::METHOD;

    async fn run_server<F, Fut>(request: Request<Body>, operation: F) -> Result<Response, ApiError>
    where
        F: Fn(In) -> Fut + Send,
        Fut: Future<Output = Result<Out, ApiError>> + Send,
    {
        let (fields, _) = parse_pairs(request.uri().query().unwrap_or_default().as_bytes());
        let form = FormPost::of(&request).map(|form| form.with_fields(&fields, &[]));
        let throttled = match &form {
            Some(form) => form.throttle().await,
            None => Ok(()),
        };
        let outcome = async move {
            throttled?;
            let _slot = In::admit().await?;
            let file = read_file(request, In::FILE).await?;
            operation(In::from(file)).await
        };
        let outcome = outcome.await;
        Ok(respond(form, outcome).await)
    }

    // On the server, operations are called directly.
    async fn run_client(_path: &str, _input: In) -> Result<Out, ApiError> {
        Err(ErrorCode::Internal.into())
    }
}

/// Reads the file. The limits apply to the whole body, whatever it consists of. Its parts are searched once it is
/// complete.
///
/// # Errors
/// `too_large`, `MALFORMED_REQUEST`, `UNSUPPORTED_MEDIA_TYPE`, `REQUEST_TIMEOUT`.
async fn read_file(request: Request, rules: FileRules) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    let media_type = media_type(&parts.headers).unwrap_or_default();
    let read = async |max| body::read(&parts.headers, body, max, rules.too_large).await;
    if media_type.starts_with("image/") || media_type == "application/octet-stream" {
        return read(rules.max).await;
    }
    if media_type != MULTIPART {
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, error_responses::file_type()));
    }
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
    let file = find_file(read(rules.max + MULTIPART_OVERHEAD).await?, boundary, rules.field).await?;
    if file.len() > rules.max { Err(rules.too_large.into()) } else { Ok(file) }
}

/// Returns the file among the parts of `body`.
async fn find_file(body: Bytes, boundary: String, field: &str) -> Result<Bytes, ApiError> {
    let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    for _ in 0..PARTS_MAX {
        match parts.next_field().await.map_err(malformed)? {
            Some(part) if part.name() == Some(field) => return part.bytes().await.map_err(malformed),
            Some(_) => {}
            None => break,
        }
    }
    Err(ApiError::new(ErrorCode::MalformedRequest, error_responses::no_field(field)))
}

fn malformed(_: multer::Error) -> ApiError {
    ErrorCode::MalformedRequest.into()
}
