//! A person's picture, or their initial on a colour of their own.

use leptos::prelude::*;

use crate::model::id::UserId;

/// Colours that the stylesheet has.
const TINTS: u8 = 6;

/// Decoration: the name stands beside it.
#[component]
pub fn Avatar(
    id: UserId,
    name: String,
    url: Option<String>,
    #[prop(default = "avatar")] class: &'static str,
) -> impl IntoView {
    if let Some(url) = url {
        view! { <span class=class><img src=url width="128" height="128" alt=""/></span> }.into_any()
    } else {
        let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
        let tint = id.0.as_bytes().iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)) % TINTS;
        view! { <span class=class data-tint=tint.to_string() aria-hidden="true">{initial}</span> }.into_any()
    }
}
