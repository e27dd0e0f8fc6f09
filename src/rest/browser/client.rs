//! Client side of the `Rest` protocol.

use http::Method;
use js_sys::{Array, JSON, Object, Reflect, encode_uri_component};
use send_wrapper::SendWrapper;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server_fn::Protocol;
use server_fn::client::Client;
use server_fn::server::Server;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::UrlSearchParams;

use super::bearer;
use super::fetch::{fetch, internal};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::patch::ABSENT;
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

    // Never called in the browser.
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
            let response = call(&V::METHOD, &template, &input).await?;
            json::from_str(&response).map_err(internal).inspect(bearer::store_tokens)
        })
    }
}

/// Calls the operation at the route `template` with the fields of a JSON object. Returns the JSON of the response.
///
/// # Errors
/// The server's error, or `UNREACHABLE` if there is no response.
pub async fn call(method: &Method, template: &str, input: &str) -> Result<String, ApiError> {
    let (url, body) = url_and_body(method, template, input).map_err(internal)?;
    if template.starts_with(BY_COOKIES) {
        return fetch(method, &url, body.as_deref(), None).await;
    }
    let token = bearer::current().await;
    let response = fetch(method, &url, body.as_deref(), token.as_deref()).await;
    match response {
        // The token may have been revoked, or its signing key replaced. Retry once with a new token.
        Err(error) if error.code == ErrorCode::Unauthenticated && token.is_some() => {
            bearer::discard();
            let token = bearer::current().await;
            fetch(method, &url, body.as_deref(), token.as_deref()).await
        }
        response => response,
    }
}

/// Puts the fields that `template` names into the path, and the others into the query or the body. Returns the URL
/// and the body.
fn url_and_body(method: &Method, template: &str, input: &str) -> Result<(String, Option<String>), JsValue> {
    let fields: Object = JSON::parse(input)?.unchecked_into();
    let mut url = String::new();
    for segment in template.split('/').skip(1) {
        url.push('/');
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                let name = JsValue::from_str(name);
                url.push_str(&String::from(encode_uri_component(&to_text(&Reflect::get(&fields, &name)?))));
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
            query.append(&to_text(&name), &to_text(&value));
        }
    }
    if has_body(method) {
        return Ok((url, Some(JSON::stringify(&fields)?.into())));
    }
    let query = String::from(query.to_string());
    Ok((if query.is_empty() { url } else { format!("{url}?{query}") }, None))
}

/// The value as text in a path or query.
fn to_text(value: &JsValue) -> String {
    value.as_string().unwrap_or_else(|| JSON::stringify(value).map(String::from).unwrap_or_default())
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

    fn build(method: Method, template: &str, input: &str) -> (String, Option<String>) {
        url_and_body(&method, template, input).unwrap()
    }

    #[wasm_bindgen_test]
    fn each_field_of_the_template_becomes_one_path_segment() {
        let (url, body) = build(Method::POST, "/users/{id}/follow", r#"{"id": "../a?b#ü{id}", "note": 1}"#);
        assert_eq!(url, "/users/..%2Fa%3Fb%23%C3%BC%7Bid%7D/follow");
        assert_eq!(body.as_deref(), Some(r#"{"note":1}"#));
    }

    #[wasm_bindgen_test]
    fn other_fields_go_into_the_query_if_there_is_no_body() {
        let input = r#"{"id": "x", "page": 2, "cursor": null, "page_size": 20, "of": "a b&c"}"#;
        let (url, body) = build(Method::GET, "/users/{id}/followers", input);
        assert_eq!(url, "/users/x/followers?page=2&page_size=20&of=a+b%26c");
        assert_eq!(body, None);
        assert_eq!(build(Method::GET, "/users/me", "{}").0, "/users/me");
    }

    #[wasm_bindgen_test]
    fn an_absent_field_is_omitted_but_null_is_sent() {
        let change = Change { display_name: Patch::Absent, bio: Patch::Null };
        let (url, body) = build(Method::PATCH, "/users/me", &json::to_string(&change).unwrap());
        assert_eq!((url.as_str(), body.as_deref()), ("/users/me", Some(r#"{"bio":null}"#)));
    }
}
