//! Decodes the arguments of an operation from a request: from its path, and its query or body.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::RequestExt;
use axum::extract::{RawPathParams, Request};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::body;
use super::body::BODY_MAX;
use super::media_type::{MULTIPART, media_type};
use super::pairs::parse_pairs;
use super::posted_form::PostedForm;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::verb::has_body;
use crate::text::error_responses;

/// The fields of a request, before they are converted to their types.
pub enum Fields {
    Json(Map<String, Value>),
    /// From a query or a form, where every value is text.
    Text(Vec<(String, String)>),
}

/// Reads the fields of `request` from its body if the method has one, otherwise from its query.
///
/// # Errors
/// `MALFORMED_REQUEST`, `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE`, `REQUEST_TIMEOUT`.
pub async fn read_fields(request: Request) -> Result<Fields, ApiError> {
    let (parts, body) = request.into_parts();
    if let Some(form) = parts.extensions.get::<Arc<PostedForm>>() {
        return form.error.clone().map_or_else(|| Ok(Fields::Text(form.pairs.clone())), Err);
    }
    if !has_body(&parts.method) {
        return parse_text(parts.uri.query().unwrap_or_default().as_bytes());
    }
    let media_type = media_type(&parts.headers);
    if media_type.as_deref() == Some(MULTIPART) {
        return Err(ErrorCode::UnsupportedMediaType.into());
    }
    let body = body::read(&parts.headers, body, BODY_MAX, ErrorCode::PayloadTooLarge).await?;
    match media_type.as_deref() {
        _ if body.is_empty() => Ok(Fields::Json(Map::new())),
        Some("application/json") => parse_json(&body),
        _ => Err(ErrorCode::UnsupportedMediaType.into()),
    }
}

fn parse_json(body: &[u8]) -> Result<Fields, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(Fields::Json(fields)),
        Ok(_) => Err(ApiError::new(ErrorCode::MalformedRequest, error_responses::no_object())),
        Err(_) => Err(ApiError::new(ErrorCode::MalformedRequest, error_responses::no_json())),
    }
}

/// Parses the fields of a query.
///
/// # Errors
/// `MALFORMED_REQUEST` if it is not UTF-8.
pub fn parse_text(text: &[u8]) -> Result<Fields, ApiError> {
    let (pairs, is_utf8) = parse_pairs(text);
    if is_utf8 { Ok(Fields::Text(pairs)) } else { Err(ErrorCode::MalformedRequest.into()) }
}

/// Returns the parameters in the request's path.
///
/// # Errors
/// `NOT_FOUND` if one is not UTF-8.
pub async fn path_params(request: &mut Request) -> Result<Vec<(String, String)>, ApiError> {
    let params: RawPathParams = request.extract_parts().await.map_err(|_| ApiError::from(ErrorCode::NotFound))?;
    Ok(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Builds an operation's arguments. Path parameters override fields of the same name. Unknown fields are ignored.
///
/// # Errors
/// `VALIDATION_FAILED` with the field that is missing or of the wrong type. For a path parameter, the error code of its
/// type, or `NOT_FOUND`.
pub fn decode<T: DeserializeOwned>(fields: Fields, path: &[(String, String)]) -> Result<T, ApiError> {
    let params = path.iter().cloned();
    let (field, reason) = match fields {
        Fields::Json(mut map) => {
            map.extend(params.map(|(name, value)| (name, Value::String(value))));
            match serde_path_to_error::deserialize(Value::Object(map)) {
                Ok(input) => return Ok(input),
                Err(error) => (error.path().to_string(), error.inner().to_string()),
            }
        }
        Fields::Text(pairs) => {
            // The last value of a repeated field is used, as in JSON.
            let fields: BTreeMap<_, _> = pairs.into_iter().chain(params).collect();
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            let pairs = form_urlencoded::parse(text.as_bytes());
            match serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)) {
                Ok(input) => return Ok(input),
                Err(error) => (error.path().to_string(), error.inner().to_string()),
            }
        }
    };
    if path.iter().any(|(name, _)| *name == field) {
        Err(code_from(reason).unwrap_or(ErrorCode::NotFound).into())
    } else {
        Err(describe_error(&field, &reason))
    }
}

/// Returns the error code that a type gives as the reason why it cannot be parsed.
fn code_from(reason: String) -> Option<ErrorCode> {
    serde_json::from_value(Value::String(reason)).ok().filter(|code| *code != ErrorCode::Internal)
}

/// Describes the error in a field. Unlike serde's own messages, it does not repeat the input.
fn describe_error(field: &str, reason: &str) -> ApiError {
    if let Some(name) = reason.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return ApiError::field(name, error_responses::required());
    }
    match reason.rsplit_once(", expected ") {
        Some((_, expected)) => ApiError::field(field, &error_responses::expected(expected)),
        None => ApiError::field(field, error_responses::invalid()),
    }
}
