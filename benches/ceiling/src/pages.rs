//! Pages as Kith rendered them once: the same head and body for every request.
//!
//! The file is a JSON array of `{path, head, body}`, where the head is an array of names and values.

use std::fs;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::routing::get;
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    path: String,
    head: Vec<(String, String)>,
    body: String,
}

/// Serves the pages in the file.
pub fn router(file: &str) -> anyhow::Result<Router> {
    let pages: Vec<Page> = serde_json::from_slice(&fs::read(file)?)?;
    let mut router = Router::new();
    for Page { path, head, body } in pages {
        let mut headers = HeaderMap::new();
        for (name, value) in head {
            headers.append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        let body = Bytes::from(body);
        router = router.route(&path, get(async move || (headers.clone(), body.clone())));
    }
    Ok(router)
}
