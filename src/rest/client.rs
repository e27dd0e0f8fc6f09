//! The browser's half of the protocol.

use gloo_net::http::RequestBuilder;
use http::Method;
use send_wrapper::SendWrapper;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use server_fn::Protocol;
use server_fn::client::Client;
use server_fn::error::FromServerFnError;
use server_fn::server::Server;

use super::bearer;
use super::error::{ApiError, ErrorCode};
use super::verb::{Rest, Verb, has_body};
use crate::model::patch::ABSENT;

impl<V, In, Out, C, S> Protocol<In, Out, C, S, ApiError> for Rest<V>
where
    V: Verb,
    In: Serialize + Send,
    Out: DeserializeOwned + Send,
    C: Client<ApiError>,
    S: Server<ApiError>,
{
    const METHOD: Method = V::METHOD;

    // The browser serves nothing.
    async fn run_server<F, Fut>(_request: S::Request, _operation: F) -> Result<S::Response, ApiError>
    where
        F: Fn(In) -> Fut + Send,
        Fut: Future<Output = Result<Out, ApiError>> + Send,
    {
        Err(ErrorCode::Internal.into())
    }

    fn run_client(path: &str, input: In) -> impl Future<Output = Result<Out, ApiError>> + Send {
        let template = path.to_owned();
        // The browser has one thread.
        SendWrapper::new(async move {
            let answer = call(&V::METHOD, &template, fields(&input)?).await?;
            parse(answer)
        })
    }
}

fn fields(input: &impl Serialize) -> Result<Map<String, Value>, ApiError> {
    match serde_json::to_value(input) {
        Ok(Value::Object(mut fields)) => {
            fields.retain(|_, value| value != ABSENT);
            Ok(fields)
        }
        _ => Err(ErrorCode::Internal.into()),
    }
}

/// Reads an operation's result.
pub fn parse<T: DeserializeOwned>(answer: Value) -> Result<T, ApiError> {
    serde_json::from_value(answer).map_err(|_| ErrorCode::Internal.into())
}

async fn call(method: &Method, template: &str, mut fields: Map<String, Value>) -> Result<Value, ApiError> {
    let mut url = fill(template, &mut fields);
    let body = if has_body(method) {
        Some(Value::Object(fields))
    } else {
        fields.retain(|_, value| !value.is_null());
        let query = serde_urlencoded::to_string(fields).map_err(|_| ApiError::from(ErrorCode::Internal))?;
        if !query.is_empty() {
            url = format!("{url}?{query}");
        }
        None
    };
    // Routes below /auth know the caller by the cookie, or not at all.
    if template.starts_with("/auth/") {
        let answer = fetch(method, &url, body, None).await?;
        match template {
            "/auth/logout" => bearer::forget(),
            _ => parse(answer.clone()).iter().for_each(bearer::store),
        }
        return Ok(answer);
    }
    let token = bearer::current().await;
    let answer = fetch(method, &url, body.clone(), token.as_deref()).await;
    match answer {
        // The token may have been revoked or the key replaced; a fresh one decides.
        Err(error) if error.code == ErrorCode::Unauthenticated && token.is_some() => {
            bearer::discard();
            let token = bearer::current().await;
            fetch(method, &url, body, token.as_deref()).await
        }
        answer => answer,
    }
}

/// Puts fields into the template's `{placeholders}`, and takes them out of `fields`.
fn fill(template: &str, fields: &mut Map<String, Value>) -> String {
    template
        .split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => match fields.remove(name) {
                Some(Value::String(text)) => String::from(js_sys::encode_uri_component(&text)),
                Some(value) => value.to_string(),
                None => String::new(),
            },
            None => segment.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// One request to our own origin. The value is the answer's JSON, `null` where there is none.
///
/// # Errors
/// What the server said, or `UNREACHABLE` when it said nothing.
pub async fn fetch(method: &Method, url: &str, body: Option<Value>, bearer: Option<&str>) -> Result<Value, ApiError> {
    let unreachable = |_| ApiError::from(ErrorCode::Unreachable);
    let mut request = RequestBuilder::new(url).method(method.clone()).header("Accept", "application/json");
    if let Some(token) = bearer {
        request = request.header("Authorization", &format!("Bearer {token}"));
    }
    let request = match body {
        Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
        None => request.build(),
    };
    let response = request.map_err(unreachable)?.send().await.map_err(unreachable)?;
    let body = response.binary().await.map_err(unreachable)?;
    if !response.ok() {
        return Err(ApiError::de(body.into()));
    }
    if body.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_slice(&body).map_err(|_| ErrorCode::Internal.into())
    }
}
