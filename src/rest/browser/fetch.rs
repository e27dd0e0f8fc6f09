//! Requests of the browser, and the errors in their answers.

use http::Method;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::model::error::{ApiError, ErrorCode};
use crate::rest::error::Envelope;
use crate::rest::json;

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

/// What should not happen between the two halves of one build.
pub fn internal<E>(_: E) -> ApiError {
    ErrorCode::Internal.into()
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

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
