//! `GET /texts/{file}`: the texts of one language for the browser, which the pages load with the application.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::base::random::{encode, sha256};
use crate::model::error::ApiError;
use crate::server::http::layers::fallback;
use crate::text::language::Language;
use crate::text::table;

/// The texts of a language.
struct Texts {
    /// Contains a hash of the texts, so that browsers may keep the file.
    name: String,
    content: Bytes,
}

static TEXTS: LazyLock<[Texts; 2]> = LazyLock::new(|| Language::ALL.map(Texts::of));

impl Texts {
    fn of(language: Language) -> Self {
        let content = table::for_browser(language);
        let hash = encode(&sha256(content.as_bytes())[..12]);
        Self { name: format!("{}.{hash}.txt", language.tag()), content: content.into() }
    }
}

/// The path of the texts of a language.
pub fn path(language: Language) -> String {
    format!("/texts/{}", TEXTS[language as usize].name)
}

/// Returns the texts. A file of another version does not exist: the page that asks for it stays as the server rendered
/// it.
pub async fn texts(Path(name): Path<String>) -> Result<Response, ApiError> {
    let texts = TEXTS.iter().find(|texts| texts.name == name).ok_or_else(fallback::not_found)?;
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, texts.content.clone()).into_response())
}
