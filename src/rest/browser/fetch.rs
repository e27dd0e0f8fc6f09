//! Sends requests with `fetch`, and reads the errors in responses.

use http::Method;
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::model::error::{ApiError, ErrorCode};
use crate::rest::error::Envelope;
use crate::rest::json;
use crate::rest::language::LANGUAGE_HEADER;

/// Sends one request to our own origin, with an optional JSON body. Returns the response body.
///
/// # Errors
/// The server's error, or `UNREACHABLE` if there is no response.
pub async fn fetch(method: &Method, url: &str, body: Option<&str>, bearer: Option<&str>) -> Result<String, ApiError> {
    let exchange = async {
        let headers = Headers::new()?;
        headers.set("Accept", "application/json")?;
        headers.set(LANGUAGE_HEADER, &page_language())?;
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
    match exchange.await {
        Ok((true, text)) => Ok(text),
        Ok((false, text)) => Err(parse_error(&text)),
        Err(_) => Err(ErrorCode::Unreachable.into()),
    }
}

/// The tag of the page's language (BCP 47).
pub fn page_language() -> String {
    document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default()
}

/// Parses the error in a response body.
pub fn parse_error(body: &str) -> ApiError {
    json::from_str(body).map_or_else(internal, |Envelope { error }| error)
}

/// The error for a response that is not the service's, such as a proxy's error page, or of another build.
pub fn internal<E>(_: E) -> ApiError {
    ErrorCode::Internal.into()
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn a_foreign_error_body_is_an_internal_error() {
        for body in ["", "<html>502 Bad Gateway</html>", "{}", r#"{"error": "no"}"#] {
            assert_eq!(parse_error(body).code, ErrorCode::Internal, "{body}");
        }
        let body = r#"{"error": {"code": "VALIDATION_FAILED", "message": "m", "fields": {"email": ["Enter one"]}}}"#;
        let error = parse_error(body);
        assert_eq!((error.code, error.message.as_ref()), (ErrorCode::ValidationFailed, "m"));
        assert_eq!(error.fields["email"], ["Enter one"]);
    }
}
