//! `GET /texts/{file}`: the texts of one language for the browser, which the pages load with the application.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use brotli::enc::BrotliEncoderParams;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};

use crate::base::random::{encode, sha256};
use crate::model::error::ApiError;
use crate::server::http::layers::fallback;
use crate::text::language::Language;
use crate::text::module::Scope;
use crate::text::table;

/// The texts of a language and scope.
struct Texts {
    /// Contains a hash of the texts, so that browsers may keep the file.
    name: String,
    content: Bytes,
    /// The content in brotli, at its best.
    compressed: Bytes,
}

/// By language, those of the main file and all.
static TEXTS: LazyLock<[[Texts; 2]; 2]> =
    LazyLock::new(|| Language::ALL.map(|language| [Scope::Main, Scope::All].map(|scope| Texts::of(language, scope))));

impl Texts {
    fn of(language: Language, scope: Scope) -> Self {
        let content = table::for_browser(language, scope);
        let hash = encode(&sha256(content.as_bytes())[..12]);
        let mut compressed = Vec::new();
        let written = brotli::BrotliCompress(&mut content.as_bytes(), &mut compressed, &BrotliEncoderParams::default());
        // Reading from and writing to memory does not fail.
        debug_assert!(written.is_ok());
        Self { name: format!("{}.{hash}.txt", language.tag()), content: content.into(), compressed: compressed.into() }
    }
}

/// The paths of the texts of a language: those of the main file, and all.
pub fn paths(language: Language) -> [String; 2] {
    TEXTS[language as usize].each_ref().map(|texts| format!("/texts/{}", texts.name))
}

/// Returns the texts. A file of another version does not exist: the page that asks for it stays as the server rendered
/// it.
pub async fn texts(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let texts = TEXTS.iter().flatten().find(|texts| texts.name == name).ok_or_else(fallback::not_found)?;
    let metadata =
        [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok(if accepts_brotli(&headers) {
        let encoding = [(CONTENT_ENCODING, "br"), (VARY, "accept-encoding")];
        (metadata, encoding, texts.compressed.clone()).into_response()
    } else {
        (metadata, texts.content.clone()).into_response()
    })
}

/// Returns whether a client accepts brotli (RFC 9110, section 12.5.3).
fn accepts_brotli(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let mut codings =
        values.flat_map(|value| value.split(',')).map(|coding| coding.split_once(';').unwrap_or((coding, "")));
    codings.any(|(coding, weight)| {
        let is_excluded = weight.trim().strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0));
        coding.trim().eq_ignore_ascii_case("br") && !is_excluded
    })
}
