//! The server's half of uploads.

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
use super::decode::{MULTIPART, media_type, parse_pairs};
use super::error::{ApiError, ErrorCode};
use super::form::Fields;
use super::form_post::FormPost;
use super::respond::answer;
use super::upload::{FILE_FIELD, FILE_MAX, Upload};
use super::verb::Verb;
use crate::api::throttle::{self, throttle};

/// How much larger than its file a multipart body may be, in bytes.
const MULTIPART_ROOM: usize = 64 * 1024;
/// Parts that are looked at for the file.
const PARTS_MAX: usize = 16;

/// What an upload has to pass before its first byte is read: who calls, and whether there is room.
pub trait Admission {
    /// Kept until the operation has ended.
    type Place: Send;

    /// # Errors
    /// Why the file is not wanted.
    fn admit() -> impl Future<Output = Result<Self::Place, ApiError>> + Send;
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
        let is_form = form.is_some();
        let outcome = async move {
            // The outcome of each form waits in the database.
            if is_form {
                throttle(&throttle::FORM).await?;
            }
            let _place = In::admit().await?;
            let file = read_file(request).await?;
            operation(In::from(file)).await
        };
        let outcome = outcome.await;
        Ok(answer(form, outcome).await)
    }

    // On the server an operation is called directly.
    async fn run_client(_path: &str, _input: In) -> Result<Out, ApiError> {
        Err(ErrorCode::Internal.into())
    }
}

/// Reads the file. All limits are around the whole body, whatever it is made of; its parts are looked for
/// once, when it is there.
///
/// # Errors
/// `AVATAR_TOO_LARGE`, `MALFORMED_REQUEST`, `UNSUPPORTED_MEDIA_TYPE`, `REQUEST_TIMEOUT`.
async fn read_file(request: Request) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    let media_type = media_type(&parts.headers).unwrap_or_default();
    let read = async |max| body::read(&parts.headers, body, max, ErrorCode::AvatarTooLarge).await;
    if media_type.starts_with("image/") || media_type == "application/octet-stream" {
        return read(FILE_MAX).await;
    }
    if media_type != MULTIPART {
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, "Send the picture itself, or multipart/form-data"));
    }
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
    let file = file_in(read(FILE_MAX + MULTIPART_ROOM).await?, boundary).await?;
    if file.len() > FILE_MAX { Err(ErrorCode::AvatarTooLarge.into()) } else { Ok(file) }
}

/// The file among the parts of `body`.
async fn file_in(body: Bytes, boundary: String) -> Result<Bytes, ApiError> {
    let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    for _ in 0..PARTS_MAX {
        match parts.next_field().await.map_err(malformed)? {
            Some(part) if part.name() == Some(FILE_FIELD) => return part.bytes().await.map_err(malformed),
            Some(_) => {}
            None => break,
        }
    }
    Err(ApiError::new(ErrorCode::MalformedRequest, "There is no field “avatar”"))
}

fn malformed(_: multer::Error) -> ApiError {
    ErrorCode::MalformedRequest.into()
}

/// What the browser's half does there. Nothing is uploaded while a page is rendered.
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
