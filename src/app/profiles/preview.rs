//! What other services show of a profile when someone shares its address (<https://ogp.me>).

use leptos::prelude::*;
use leptos_meta::Meta;

use crate::app::page_context::PageContext;
use crate::model::profiles::Profile;
use crate::text;

/// Adds the description to the head of the page, and nothing to its body.
pub fn preview(profile: &Profile) -> impl IntoView + use<> {
    let origin = use_context::<PageContext>().unwrap_or_default().origin;
    let property = |name: &'static str, content: String| view! { <Meta property=name content /> };
    let picture = profile.avatar_url.as_deref().unwrap_or("/apple-touch-icon.png");
    let description = profile.bio.as_deref().unwrap_or(text::ui::landing_lead());
    (
        property("og:type", "profile".to_owned()),
        property("og:site_name", "Kith".to_owned()),
        property("og:title", format!("{} (@{})", profile.name(), profile.username)),
        property("og:description", description.to_owned()),
        property("og:url", format!("{origin}/profile/{}", profile.username)),
        property("profile:username", profile.username.clone()),
        property("og:image", absolute(&origin, picture)),
    )
}

/// Our own pictures have addresses without an origin.
fn absolute(origin: &str, url: &str) -> String {
    if url.starts_with('/') { format!("{origin}{url}") } else { url.to_owned() }
}
