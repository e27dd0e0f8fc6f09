//! What other services show of a profile when someone shares its address (<https://ogp.me>).

use crate::model::profiles::Profile;

#[cfg(feature = "ssr")]
pub use server::preview;

/// Only the server describes pages.
#[cfg(feature = "hydrate")]
pub const fn preview(_: &Profile) {}

#[cfg(feature = "ssr")]
mod server {
    use leptos::prelude::*;
    use leptos_meta::Meta;

    use super::Profile;
    use crate::app::page_context::PageContext;
    use crate::text;

    /// Adds the description to the head of the page, and nothing to its body.
    pub fn preview(profile: &Profile) -> impl IntoView + use<> {
        let origin = use_context::<PageContext>().unwrap_or_default().origin;
        let property = |name: &'static str, content: String| view! { <Meta property=name content /> };
        let description = || text::descriptions::profile().to_owned();
        let picture = profile.avatar_url.as_ref().map(|url| property("og:image", absolute(&origin, url)));
        (
            property("og:type", "profile".to_owned()),
            property("og:site_name", "Kith".to_owned()),
            property("og:title", format!("{} (@{})", profile.name(), profile.username)),
            property("og:description", profile.bio.clone().unwrap_or_else(description)),
            property("og:url", format!("{origin}/profile/{}", profile.username)),
            property("profile:username", profile.username.clone()),
            picture,
        )
    }

    /// Our own pictures have addresses without an origin.
    fn absolute(origin: &str, url: &str) -> String {
        if url.starts_with('/') { format!("{origin}{url}") } else { url.to_owned() }
    }
}
