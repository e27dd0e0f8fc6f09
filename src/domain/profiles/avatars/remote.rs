//! URLs of pictures that are hosted elsewhere.

use std::cell::Cell;

use url::Url;

use crate::text::error_responses;

const MAX_LENGTH: usize = 2048;

/// Parses an absolute `https` URL without credentials and returns it as the WHATWG parser serializes it. Input that the
/// parser would repair (`https:/a`, a space, a backslash) is rejected: other parsers repair it differently or not at
/// all.
///
/// # Errors
/// The message to show.
pub fn parse(text: &str) -> Result<Url, &'static str> {
    let strict = Cell::new(true);
    let url = Url::options().syntax_violation_callback(Some(&|_| strict.set(false))).parse(text);
    let url = url.map_err(|_| error_responses::avatar_url())?;
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    if text.len().max(url.as_str().len()) > MAX_LENGTH {
        Err(error_responses::avatar_url_long())
    } else if !strict.get() || url.scheme() != "https" || has_credentials {
        Err(error_responses::avatar_url())
    } else {
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_urls_are_accepted_and_normalized() {
        for (text, address) in [
            ("https://example.org/a.png", "https://example.org/a.png"),
            ("HTTPS://Example.ORG/A.png", "https://example.org/A.png"),
            ("https://example.org", "https://example.org/"),
            ("https://example.org:8443/?a=b#c", "https://example.org:8443/?a=b#c"),
            ("https://example.org:443/a.png", "https://example.org/a.png"),
            ("https://[2001:db8::1]:8443/a.png", "https://[2001:db8::1]:8443/a.png"),
            ("https://bücher.example/ä.png", "https://xn--bcher-kva.example/%C3%A4.png"),
        ] {
            assert_eq!(parse(text).map(String::from), Ok(address.to_owned()), "{text}");
        }
    }

    #[test]
    fn all_other_urls_are_rejected() {
        let long = format!("https://example.org/{}", "a".repeat(2048));
        for text in [
            "",
            "example.org/a.png",
            "//example.org/a.png",
            "/users/me",
            "http://example.org/a.png",
            "HTTP://example.org/a.png",
            "ftp://example.org/a.png",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "blob:https://example.org/a",
            "https:example.org/a.png",
            "https:/example.org/a.png",
            "https:///a.png",
            "https://",
            "https://:443/a.png",
            "https://user:pass@example.org/a.png",
            "https://user@example.org/a.png",
            "https://@example.org/a.png",
            "https://[::1/a.png",
            "https://[::1]x/a.png",
            "https://x:99999/",
            "https://x:a/",
            "https://1.2.3.256/",
            "https://exa mple.org/a.png",
            "https://example.org/a b.png",
            "https://example.org/a\tb.png",
            "https://example.org/a\n.png",
            "https://example.org\\a.png",
            "https://example.org/\0",
            " https://example.org/a.png",
            &long,
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
