//! The browser's half of the protocol.

use http::Method;
use js_sys::{Array, JSON, Object, Reflect, encode_uri_component};
use leptos::prelude::window;
use send_wrapper::SendWrapper;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server_fn::Protocol;
use server_fn::client::Client;
use server_fn::server::Server;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response, UrlSearchParams};

use super::bearer;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::patch::ABSENT;
use crate::rest::error::Envelope;
use crate::rest::json;
use crate::rest::verb::{BY_COOKIES, Rest, Verb, has_body};

impl<V, In, Out, C, S> Protocol<In, Out, C, S, ApiError> for Rest<V>
where
    V: Verb,
    In: Serialize + Send,
    Out: DeserializeOwned + Send + 'static,
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
            let input = json::to_string(&input).map_err(internal)?;
            let answer = call(&V::METHOD, &template, &input).await?;
            json::from_str(&answer).map_err(internal).inspect(bearer::keep_tokens)
        })
    }
}

/// What should not happen between the two halves of one build.
pub fn internal<E>(_: E) -> ApiError {
    ErrorCode::Internal.into()
}

/// Calls the operation at `template` with the fields of a JSON object. Returns the answer's JSON.
///
/// # Errors
/// What the server said, or `UNREACHABLE` when it said nothing.
pub async fn call(method: &Method, template: &str, input: &str) -> Result<String, ApiError> {
    let (url, body) = address(method, template, input).map_err(internal)?;
    if template.starts_with(BY_COOKIES) {
        return fetch(method, &url, body.as_deref(), None).await;
    }
    let token = bearer::current().await;
    let answer = fetch(method, &url, body.as_deref(), token.as_deref()).await;
    match answer {
        // The token may have been revoked or the key replaced; a fresh one decides.
        Err(error) if error.code == ErrorCode::Unauthenticated && token.is_some() => {
            bearer::discard();
            let token = bearer::current().await;
            fetch(method, &url, body.as_deref(), token.as_deref()).await
        }
        answer => answer,
    }
}

/// Sorts the fields: those that `template` names go into the path, the others into the query or the body.
/// Returns the URL and the body.
fn address(method: &Method, template: &str, input: &str) -> Result<(String, Option<String>), JsValue> {
    let fields: Object = JSON::parse(input)?.unchecked_into();
    let mut url = String::new();
    for segment in template.split('/').skip(1) {
        url.push('/');
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                let name = JsValue::from_str(name);
                url.push_str(&String::from(encode_uri_component(&text(&Reflect::get(&fields, &name)?))));
                Reflect::delete_property(&fields, &name)?;
            }
            None => url.push_str(segment),
        }
    }
    let query = UrlSearchParams::new()?;
    for field in Object::entries(&fields).iter() {
        let field: Array = field.unchecked_into();
        let (name, value) = (field.get(0), field.get(1));
        if value == ABSENT {
            Reflect::delete_property(&fields, &name)?;
        } else if !value.is_null() {
            query.append(&text(&name), &text(&value));
        }
    }
    if has_body(method) {
        return Ok((url, Some(JSON::stringify(&fields)?.into())));
    }
    let query = String::from(query.to_string());
    Ok((if query.is_empty() { url } else { format!("{url}?{query}") }, None))
}

/// What a path or query says of a value.
fn text(value: &JsValue) -> String {
    value.as_string().unwrap_or_else(|| JSON::stringify(value).map(String::from).unwrap_or_default())
}

/// One request to our own origin, with a body of JSON. Returns the answer's body.
///
/// # Errors
/// What the server said, or `UNREACHABLE` when it said nothing.
pub async fn fetch(method: &Method, url: &str, body: Option<&str>, bearer: Option<&str>) -> Result<String, ApiError> {
    let sent = async {
        let headers = Headers::new()?;
        headers.set("Accept", "application/json")?;
        if let Some(token) = bearer {
            headers.set("Authorization", &format!("Bearer {token}"))?;
        }
        let request = RequestInit::new();
        request.set_method(method.as_str());
        request.set_headers(&headers);
        if let Some(body) = body {
            headers.set("Content-Type", "application/json")?;
            request.set_body(&body.into());
        }
        let response = JsFuture::from(window().fetch_with_str_and_init(url, &request)).await?;
        let response: Response = response.unchecked_into();
        let text = JsFuture::from(response.text()?).await?;
        Ok::<_, JsValue>((response.ok(), text.as_string().unwrap_or_default()))
    };
    match sent.await {
        Ok((true, text)) => Ok(text),
        Ok((false, text)) => Err(error_in(&text)),
        Err(_) => Err(ErrorCode::Unreachable.into()),
    }
}

/// The error in an answer's body.
pub fn error_in(body: &str) -> ApiError {
    json::from_str(body).map_or_else(internal, |Envelope { error }| error)
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::model::patch::Patch;

    #[derive(Serialize)]
    struct Change {
        display_name: Patch<String>,
        bio: Patch<String>,
    }

    fn address_of(method: Method, template: &str, input: &str) -> (String, Option<String>) {
        address(&method, template, input).unwrap()
    }

    #[wasm_bindgen_test]
    fn fields_of_the_template_travel_in_the_path_as_one_segment_each() {
        let (url, body) = address_of(Method::POST, "/users/{id}/follow", r#"{"id": "../a?b#ü{id}", "note": 1}"#);
        assert_eq!(url, "/users/..%2Fa%3Fb%23%C3%BC%7Bid%7D/follow");
        assert_eq!(body.as_deref(), Some(r#"{"note":1}"#));
    }

    #[wasm_bindgen_test]
    fn other_fields_travel_in_the_query_where_there_is_no_body() {
        let input = r#"{"id": "x", "page": 2, "cursor": null, "page_size": 20, "of": "a b&c"}"#;
        let (url, body) = address_of(Method::GET, "/users/{id}/followers", input);
        assert_eq!(url, "/users/x/followers?page=2&page_size=20&of=a+b%26c");
        assert_eq!(body, None);
        assert_eq!(address_of(Method::GET, "/users/me", "{}").0, "/users/me");
    }

    #[wasm_bindgen_test]
    fn a_field_that_is_left_alone_is_left_out_and_null_is_not() {
        let change = Change { display_name: Patch::Absent, bio: Patch::Null };
        let (url, body) = address_of(Method::PATCH, "/users/me", &json::to_string(&change).unwrap());
        assert_eq!((url.as_str(), body.as_deref()), ("/users/me", Some(r#"{"bio":null}"#)));
    }

    #[wasm_bindgen_test]
    fn an_error_that_is_none_of_ours_is_internal() {
        for body in ["", "<html>502 Bad Gateway</html>", "{}", r#"{"error": "no"}"#] {
            assert_eq!(error_in(body).code, ErrorCode::Internal, "{body}");
        }
        let body = r#"{"error": {"code": "VALIDATION_FAILED", "message": "m", "fields": {"email": ["Enter one"]}}}"#;
        let error = error_in(body);
        assert_eq!((error.code, error.message.as_ref()), (ErrorCode::ValidationFailed, "m"));
        assert_eq!(error.fields["email"], ["Enter one"]);
    }
}
