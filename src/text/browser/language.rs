//! The language of the page.

use crate::text::language::Language;

impl Language {
    /// The language of the page.
    #[must_use]
    pub fn current() -> Self {
        let root = leptos::prelude::document().document_element();
        root.and_then(|root| Self::parse(&root.get_attribute("lang")?)).unwrap_or_default()
    }
}
