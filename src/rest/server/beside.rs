//! What an operation adds to the body of an error, beside the error itself.

use std::sync::{Arc, OnceLock};

use leptos::prelude::use_context;
use serde_json::{Map, Value};

use crate::model::error::ApiError;
use crate::rest::error::Envelope;

/// One field for the body of this request's error. The application provides one in the context of each request. A form
/// post has no body, and keeps nothing of it.
#[derive(Clone, Default)]
pub struct Beside(Arc<OnceLock<(&'static str, String)>>);

/// Adds the field `name` to the body of the error that the operation returns.
pub fn add(name: &'static str, value: String) {
    if let Some(Beside(field)) = use_context() {
        field.get_or_init(|| (name, value));
    }
}

/// Returns the body of `error` with the added field, if there is one.
pub fn body(error: &ApiError) -> Option<Vec<u8>> {
    let Beside(field) = use_context()?;
    let (name, value) = field.get()?;
    let Value::Object(envelope) = serde_json::to_value(Envelope { error }).ok()? else { return None };
    let field = ((*name).to_owned(), value.as_str().into());
    serde_json::to_vec(&envelope.into_iter().chain([field]).collect::<Map<_, _>>()).ok()
}
