//! A link that shows whether it leads to the current page.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::view::reactive;

/// A link with `aria-current` while the page at `href` is shown, or one below it, unless the link is `exact`. Other
/// links are plain `<a>` elements, which the router follows, too. Both cost less than a link of the router, which
/// resolves relative paths: a list has dozens.
#[component]
pub fn NavLink(
    #[prop(into)] href: Cow<'static, str>,
    #[prop(optional)] class: &'static str,
    #[prop(optional)] exact: bool,
    children: Children,
) -> impl IntoView {
    let path = use_location().pathname;
    let target = href.clone();
    let current = move || path.with(|path| leads_to(&target, exact, path)).then_some("page");
    view! {
        <a href=href class=(!class.is_empty()).then_some(class) aria-current=reactive(current)>
            {children()}
        </a>
    }
}

/// Whether the page at `path` is that of the link, or one below it, unless the link is `exact`.
fn leads_to(href: &str, exact: bool, path: &str) -> bool {
    path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || !exact && rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::leads_to;

    #[test]
    fn a_link_leads_to_its_page_and_the_pages_below() {
        for (href, exact, path, leads) in [
            ("/settings", false, "/settings", true),
            ("/settings", false, "/settings/security", true),
            ("/settings", true, "/settings", true),
            ("/settings", true, "/settings/security", false),
            ("/settings/security", false, "/settings", false),
            ("/profile", false, "/profiles", false),
        ] {
            assert_eq!(leads_to(href, exact, path), leads, "{href} on {path}");
        }
    }
}
