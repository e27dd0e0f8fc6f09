//! Settings for the picture store.

use url::Url;

use super::environment::{Environment, variables};

variables! {
    AVATAR_STORE_URL: "file:///folder or s3://bucket/prefix",
}

#[derive(Clone, Debug)]
pub struct PictureSettings {
    /// `AVATAR_STORE_URL`, by default `file:///var/lib/kith/avatars`.
    pub store_url: Url,
}

impl PictureSettings {
    pub(super) fn read<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Option<Self> {
        let store_url = env.optional(AVATAR_STORE_URL, store_url).or_else(|| store_url("file:///var/lib/kith/avatars"));
        Some(Self { store_url: store_url? })
    }
}

fn store_url(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let usable = match url.scheme() {
        "file" => url.to_file_path().is_ok(),
        "s3" => url.host_str().is_some(),
        _ => false,
    };
    usable.then_some(url)
}
