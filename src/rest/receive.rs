//! The server's half of uploads.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use http::Method;
use http::header::CONTENT_TYPE;
use multer::Multipart;
use serde::Serialize;
use server_fn::Protocol;
use server_fn::client::Client;
use server_fn::server::Server;

use super::decode::{media_type, parse_text};
use super::error::{ApiError, ErrorCode};
use super::form::Fields;
use super::form_post::FormPost;
use super::respond::answer;
use super::upload::{FILE_FIELD, FILE_MAX, Upload};
use super::verb::Verb;

/// How much of a file that is too large is read on and thrown away: browsers look at an answer only
/// when they have sent everything.
const DRAIN_MAX: usize = 64 * 1024 * 1024;

impl<V, In, Out, C, S> Protocol<In, Out, C, S, ApiError> for Upload<V>
where
    V: Verb,
    In: From<Bytes> + Send,
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
        let form = match parse_text(request.uri().query().unwrap_or_default().as_bytes()) {
            Ok(fields) => FormPost::of(&request).map(|form| form.with_fields(&fields)),
            Err(error) => return Ok(error.into_response()),
        };
        let outcome = match read_file(request).await {
            Ok(file) => operation(In::from(file)).await,
            Err(error) => Err(error),
        };
        Ok(answer(form, outcome).await)
    }

    // On the server an operation is called directly.
    async fn run_client(_path: &str, _input: In) -> Result<Out, ApiError> {
        Err(ErrorCode::Internal.into())
    }
}

/// Reads the file, holding no more of it than the limit and one buffer.
///
/// # Errors
/// `AVATAR_TOO_LARGE`, `MALFORMED_REQUEST`, `UNSUPPORTED_MEDIA_TYPE`.
async fn read_file(request: Request) -> Result<Bytes, ApiError> {
    let media_type = media_type(request.headers()).unwrap_or_default();
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let body = request.into_body().into_data_stream();
    if media_type.starts_with("image/") || media_type == "application/octet-stream" {
        return collect(body).await;
    }
    if media_type != "multipart/form-data" {
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, "Send the picture itself, or multipart/form-data"));
    }
    let malformed = |_| ApiError::from(ErrorCode::MalformedRequest);
    let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(malformed)?;
    let mut parts = Multipart::new(body, boundary);
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        if part.name() == Some(FILE_FIELD) {
            return collect(part).await;
        }
    }
    Err(ApiError::new(ErrorCode::MalformedRequest, "There is no field “avatar”"))
}

async fn collect<E>(chunks: impl Stream<Item = Result<Bytes, E>>) -> Result<Bytes, ApiError> {
    let mut chunks = std::pin::pin!(chunks);
    let (mut file, mut read) = (BytesMut::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::from(ErrorCode::MalformedRequest))?;
        read += chunk.len();
        if read <= FILE_MAX {
            file.extend_from_slice(&chunk);
        } else {
            file = BytesMut::new();
        }
        if read > DRAIN_MAX {
            break;
        }
    }
    if read > FILE_MAX { Err(ErrorCode::AvatarTooLarge.into()) } else { Ok(file.freeze()) }
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
