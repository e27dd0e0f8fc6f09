//! The language of a request, of a scope and of a browser.

use std::cell::Cell;

use leptos::prelude::use_context;

use crate::text::language::Language;

thread_local! {
    /// Set by [`Language::scope`].
    static SCOPE: Cell<Option<Language>> = const { Cell::new(None) };
}

impl From<String> for Language {
    /// The language with this tag, as the database stores it.
    fn from(tag: String) -> Self {
        Self::parse(&tag).unwrap_or_default()
    }
}

impl Language {
    /// The language of the scope, or of the request. English outside of both.
    #[must_use]
    pub fn current() -> Self {
        SCOPE.get().or_else(use_context).unwrap_or_default()
    }

    /// Runs `compose` with all texts in this language, such as those of an email.
    pub fn scope<T>(self, compose: impl FnOnce() -> T) -> T {
        let outer = SCOPE.replace(Some(self));
        let composed = compose();
        SCOPE.set(outer);
        composed
    }

    /// The language that a browser prefers, by its `Accept-Language` header (RFC 9110, section 12.5.4).
    #[must_use]
    pub fn preferred(accept: &str) -> Self {
        let mut best = (0.0, Self::default());
        for range in accept.split(',') {
            let (range, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse).unwrap_or(0.0);
            let tag = range.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let language = if tag == "*" { Some(Self::default()) } else { Self::parse(&tag) };
            if let Some(language) = language
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_languages_that_a_browser_prefers_most_is_chosen() {
        for (accept, language) in [
            ("", Language::English),
            ("de", Language::German),
            ("de-AT, en;q=0.5", Language::German),
            ("fr, de;q=0.8, en;q=0.7", Language::German),
            ("en-GB,en;q=0.9,de;q=0.8", Language::English),
            ("DE;q=0.1, *;q=0.05", Language::German),
            ("de;q=0", Language::English),
            ("de;q=x", Language::English),
            ("fr", Language::English),
        ] {
            assert_eq!(Language::preferred(accept), language, "{accept}");
        }
    }

    #[test]
    fn a_scope_ends() {
        let inner = Language::German.scope(Language::current);
        assert_eq!((inner, Language::current()), (Language::German, Language::English));
    }
}
