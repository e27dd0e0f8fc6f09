//! A user's picture, or their initial on a color derived from their id.

use leptos::prelude::*;

use crate::model::id::UserId;
use crate::model::profiles::{AVATAR_PATH, small_picture};
use crate::view::Erase;

/// Number of colors in the stylesheet.
const TINTS: u8 = 6;
/// The class of the picture at the top of a profile.
pub const LARGE: &str = "avatar large";

/// Decorative, since the name is next to it. A picture on another host is not loaded: the host would learn the address
/// of every viewer.
#[component]
pub fn Avatar(
    id: UserId,
    name: String,
    url: Option<String>,
    #[prop(default = "avatar")] class: &'static str,
) -> impl IntoView {
    if let Some(url) = url.filter(|url| url.starts_with(AVATAR_PATH)) {
        let (src, side) = if class == LARGE { (url, 512) } else { (small_picture(&url), 128) };
        view! {
            <span class=class>
                <img src=src width=side height=side alt="" />
            </span>
        }
        .erase()
    } else {
        let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
        let tint = id.0.as_bytes().iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)) % TINTS;
        view! {
            <span class=class data-tint=tint.to_string() aria-hidden="true">
                {initial}
            </span>
        }
        .erase()
    }
}
