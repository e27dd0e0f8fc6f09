//! What a page tells search engines.

use leptos::html::{link, meta};
use leptos::prelude::*;

use crate::app::routes::{MainPage, Page, SignedInPage};
use crate::text::language::Language;

/// Returns the addresses of the page in each language if it is for everyone, and else asks not to list it. A page
/// without a language in its address comes in that of the visitor.
pub fn head(page: Option<Page>, origin: &str, path: &str) -> AnyView {
    let is_listed = matches!(
        page,
        Some(
            Page::Main(MainPage::Landing | MainPage::Login | MainPage::Register)
                | Page::SignedIn(SignedInPage::Profile)
        )
    );
    if !is_listed {
        return meta().name("robots").content("noindex").into_any();
    }
    let alternate = |tag, query| link().rel("alternate").hreflang(tag).href(format!("{origin}{path}{query}"));
    let languages = Language::ALL.map(|language| alternate(language.tag(), format!("?lang={}", language.tag())));
    (languages.collect_view(), alternate("x-default", String::new())).into_any()
}
