//! The encoding of the data that the server embeds in a page.

use leptos::server::codee::{Decoder, Encoder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::json;

/// Encodes shared values and resources as JSON.
pub struct Json;

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, json::Error> {
        json::from_str(text)
    }
}
