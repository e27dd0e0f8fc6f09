//! What a plain form posted: read once, before the router, since it may name the real method.

use std::sync::Arc;

use axum::body::Body;
use futures::StreamExt as _;
use http::HeaderMap;

use super::body::{BODY_MAX, aborted, declared_length, reject_encoded};
use super::media_type::accepts_html;
use super::pairs::parse_pairs;
use crate::model::error::{ApiError, ErrorCode};
use crate::text::errors;

/// How far a form that is too large is searched for its hidden fields, in bytes.
const SEARCH_MAX: usize = 1024 * 1024;
/// Longest hidden field, with its name and encoded, in bytes.
const HIDDEN_MAX: usize = 4 * 1024;

/// The fields of a form with `application/x-www-form-urlencoded`, in the request's extensions.
pub struct PostedForm {
    /// Those that can be read; of a form that is too large, the hidden ones.
    pub pairs: Vec<(String, String)>,
    /// Why the form as a whole cannot be taken.
    pub fault: Option<ApiError>,
}

impl PostedForm {
    /// Reads the form. One that a page sent and that cannot be taken still says where it came from, so that
    /// the person is led back there.
    ///
    /// # Errors
    /// As [`super::body::read`]; from a page, only where the body stalls, breaks off or is compressed.
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
        let (pairs, fault) = if read > BODY_MAX {
            (hidden.pairs(), Some(ApiError::new(ErrorCode::PayloadTooLarge, errors::TOO_MUCH_TEXT)))
        } else {
            let (pairs, all) = parse_pairs(&text);
            (pairs, (!all).then(|| ApiError::new(ErrorCode::MalformedRequest, errors::UNREADABLE_TEXT)))
        };
        Ok(Arc::new(Self { pairs, fault }))
    }

    /// The first value of the field `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// Finds the fields whose name begins with `_` in a form of any size, and holds no others.
#[derive(Default)]
struct HiddenFields {
    pair: Vec<u8>,
    skips: bool,
    found: Vec<u8>,
}

impl HiddenFields {
    fn search(&mut self, chunk: &[u8]) {
        for byte in chunk {
            if *byte == b'&' {
                self.end_pair();
            } else if !self.skips {
                self.pair.push(*byte);
                self.skips = self.pair[0] != b'_' || self.pair.len() > HIDDEN_MAX;
            }
        }
    }

    fn end_pair(&mut self) {
        if !self.skips && self.found.len() + self.pair.len() < BODY_MAX {
            self.found.extend_from_slice(&self.pair);
            self.found.push(b'&');
        }
        self.pair.clear();
        self.skips = false;
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
    fn hidden_fields_are_found_wherever_they_are_and_however_they_arrive() {
        let form = format!("_method=PATCH&bio={}&_back=%2Fprofile%3Fedit%3D1&x=_y&_long={0}", "b".repeat(HIDDEN_MAX));
        for size in [1, 7, 5_000, form.len()] {
            let mut hidden = HiddenFields::default();
            form.as_bytes().chunks(size).for_each(|chunk| hidden.search(chunk));
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            assert_eq!(hidden.pairs(), [pair("_method", "PATCH"), pair("_back", "/profile?edit=1")]);
        }
    }
}
