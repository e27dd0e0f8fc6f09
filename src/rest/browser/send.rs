//! Client side of uploads. It uses `XMLHttpRequest`, since `fetch` does not report upload progress.

use bytes::Bytes;
use futures::channel::oneshot;
use http::Method;
use js_sys::{Array, Uint8Array};
use leptos::web_sys::{Blob, FormData, ProgressEvent, XmlHttpRequest};
use send_wrapper::SendWrapper;
use serde::de::DeserializeOwned;
use server_fn::client::Client;
use server_fn::server::Server;
use server_fn::{Protocol, ServerFn};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::bearer;
pub use super::bearer::store_tokens;
pub use super::client::call as operation;
use super::fetch::{internal, page_language, parse_error};
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::form::Fields;
use crate::rest::json;
use crate::rest::language::LANGUAGE_HEADER;
use crate::rest::upload::Upload;
use crate::rest::verb::Verb;

impl<V, In, Out, C, S> Protocol<In, Out, C, S, ApiError> for Upload<V>
where
    V: Verb,
    In: Into<Bytes> + Send,
    Out: DeserializeOwned + Send,
    C: Client<ApiError>,
    S: Server<ApiError>,
{
    const METHOD: Method = V::METHOD;

    // Never called in the browser.
    async fn run_server<F, Fut>(_request: S::Request, _operation: F) -> Result<S::Response, ApiError>
    where
        F: Fn(In) -> Fut + Send,
        Fut: Future<Output = Result<Out, ApiError>> + Send,
    {
        Err(ErrorCode::Internal.into())
    }

    fn run_client(path: &str, input: In) -> impl Future<Output = Result<Out, ApiError>> + Send {
        let path = path.to_owned();
        SendWrapper::new(async move {
            let bytes = Uint8Array::from(&*input.into());
            let file = Blob::new_with_u8_array_sequence(&Array::of1(&bytes)).map_err(|_| ErrorCode::Internal)?;
            send(&V::METHOD, &path, &file, |_| ()).await
        })
    }
}

/// Returns the operation's fields of a form, without the hidden fields, whose names begin with `_`.
#[must_use]
pub fn fields(data: &FormData) -> Fields {
    let entries = data.entries().into_iter().filter_map(Result::ok);
    let fields = entries.map(|entry| Array::from(&entry)).filter_map(|entry| {
        let (name, value) = (entry.get(0).as_string()?, entry.get(1).as_string()?);
        (!name.starts_with('_')).then_some((name, value))
    });
    fields.collect()
}

/// Calls the operation `Op` with `file`. `progress` receives the percentage sent so far, from 0 to 100.
///
/// # Errors
/// The server's error, or `UNREACHABLE` if there is no response.
pub async fn upload<Op>(file: &Blob, progress: impl Fn(f64) + 'static) -> Result<Op::Output, ApiError>
where
    Op: ServerFn<Error = ApiError>,
    Op::Output: DeserializeOwned,
{
    let method = <Op::Protocol as Protocol<_, _, _, _, _, _, _>>::METHOD;
    send(&method, Op::PATH, file, progress).await
}

async fn send<T: DeserializeOwned>(
    method: &Method,
    path: &str,
    file: &Blob,
    progress: impl Fn(f64) + 'static,
) -> Result<T, ApiError> {
    let unreachable = |_: JsValue| ApiError::from(ErrorCode::Unreachable);
    let token = bearer::current().await;
    let request = XmlHttpRequest::new().map_err(unreachable)?;
    request.open(method.as_str(), path).map_err(unreachable)?;
    let set_header = |name: &str, value: &str| request.set_request_header(name, value).map_err(unreachable);
    set_header("Accept", "application/json")?;
    set_header(LANGUAGE_HEADER, &page_language())?;
    // The server detects the file type from the content.
    set_header("Content-Type", "application/octet-stream")?;
    if let Some(token) = token {
        set_header("Authorization", &format!("Bearer {token}"))?;
    }
    let on_progress = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.length_computable() {
            progress(100.0 * event.loaded() / event.total());
        }
    });
    let (sender, receiver) = oneshot::channel();
    let on_end = Closure::once(move || {
        let _ = sender.send(());
    });
    request.upload().map_err(unreachable)?.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
    // This event follows success, error, timeout and abort.
    request.set_onloadend(Some(on_end.as_ref().unchecked_ref()));
    request.send_with_opt_blob(Some(file)).map_err(unreachable)?;
    receiver.await.map_err(|_| ErrorCode::Unreachable)?;

    let status = request.status().unwrap_or_default();
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match status {
        0 => Err(ErrorCode::Unreachable.into()),
        200..300 => json::from_str(&text).map_err(internal),
        _ => Err(parse_error(&text)),
    }
}
