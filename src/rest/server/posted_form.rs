//! The fields of a plain HTML form post. They are read once, before the router, since they may name the real method.

use std::sync::Arc;

use axum::body::Body;
use futures::StreamExt as _;
use http::HeaderMap;

use super::body::{BODY_MAX, aborted, declared_length, reject_encoded};
use super::media_type::accepts_html;
use super::pairs::parse_pairs;
use crate::model::error::{ApiError, ErrorCode};
use crate::text::error_responses;

/// How much of a form that is too large is searched for hidden fields, in bytes.
const SEARCH_MAX: usize = 1024 * 1024;
/// Longest hidden field, encoded and with its name, in bytes.
const HIDDEN_MAX: usize = 4 * 1024;

/// The fields of an `application/x-www-form-urlencoded` form, in the request's extensions.
pub struct PostedForm {
    /// The readable fields. If the form is too large, only the hidden ones.
    pub pairs: Vec<(String, String)>,
    /// Why the form as a whole is rejected.
    pub error: Option<ApiError>,
}

impl PostedForm {
    /// Reads the form. If a form from a page is rejected, its hidden fields are kept, so that the user is redirected to
    /// that page.
    ///
    /// # Errors
    /// As [`super::body::read`]. For a form from a page, only if the body stalls, ends early or is compressed.
    pub async fn read(headers: &HeaderMap, body: Body) -> Result<Arc<Self>, ApiError> {
        reject_encoded(headers)?;
        let from_page = accepts_html(headers);
        if !from_page && declared_length(headers).is_some_and(|length| length > BODY_MAX) {
            return Err(ErrorCode::PayloadTooLarge.into());
        }
        let (mut text, mut hidden, mut read) = (Vec::new(), HiddenFields::default(), 0);
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(aborted)?;
            read += chunk.len();
            if read <= BODY_MAX {
                text.extend_from_slice(&chunk);
            } else if !from_page {
                return Err(ErrorCode::PayloadTooLarge.into());
            } else if read > SEARCH_MAX {
                break;
            }
            hidden.search(&chunk);
        }
        let (pairs, error) = if read > BODY_MAX {
            (hidden.pairs(), Some(ApiError::new(ErrorCode::PayloadTooLarge, error_responses::too_much_text())))
        } else {
            let (pairs, is_utf8) = parse_pairs(&text);
            (pairs, (!is_utf8).then(|| ApiError::new(ErrorCode::MalformedRequest, error_responses::unreadable_text())))
        };
        Ok(Arc::new(Self { pairs, error }))
    }

    /// Returns the first value of the field `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// Finds the fields whose names begin with `_` in a form of any size. Stores no other fields.
#[derive(Default)]
struct HiddenFields {
    pair: Vec<u8>,
    is_skipped: bool,
    found: Vec<u8>,
}

impl HiddenFields {
    fn search(&mut self, chunk: &[u8]) {
        for byte in chunk {
            if *byte == b'&' {
                self.end_pair();
            } else if !self.is_skipped {
                self.pair.push(*byte);
                self.is_skipped = self.pair[0] != b'_' || self.pair.len() > HIDDEN_MAX;
            }
        }
    }

    fn end_pair(&mut self) {
        if !self.is_skipped && self.found.len() + self.pair.len() < BODY_MAX {
            self.found.extend_from_slice(&self.pair);
            self.found.push(b'&');
        }
        self.pair.clear();
        self.is_skipped = false;
    }

    fn pairs(mut self) -> Vec<(String, String)> {
        self.end_pair();
        parse_pairs(&self.found).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_fields_are_found_at_any_position_and_in_chunks_of_any_size() {
        let form = format!("_method=PATCH&bio={}&_back=%2Fprofile%3Fedit%3D1&x=_y&_long={0}", "b".repeat(HIDDEN_MAX));
        for size in [1, 7, 5_000, form.len()] {
            let mut hidden = HiddenFields::default();
            form.as_bytes().chunks(size).for_each(|chunk| hidden.search(chunk));
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            assert_eq!(hidden.pairs(), [pair("_method", "PATCH"), pair("_back", "/profile?edit=1")]);
        }
    }
}
