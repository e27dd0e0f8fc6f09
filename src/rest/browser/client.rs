//! The browser's half of the protocol.

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
            json::from_str(&answer).map_err(internal).inspect(bearer::store_tokens)
        })
    }
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
}
