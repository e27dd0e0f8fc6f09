//! Fetches the texts in the language of the page.

use http::Method;
use leptos::prelude::document;

use super::fetch::fetch;
use crate::text::module::Scope;
use crate::text::table;

/// Fetches texts, unless they are here. `None` if they cannot be fetched, for example because of a new release.
pub async fn load(scope: Scope) -> Option<()> {
    if !table::has(scope) {
        let paths = document().document_element()?.get_attribute("data-texts")?;
        let path = paths.split(' ').nth(scope as usize)?;
        table::install(fetch(&Method::GET, path, None, None).await.ok()?);
    }
    Some(())
}
