//! The mails themselves: what they say and how they look.

use html_escape::{encode_double_quoted_attribute, encode_text};
use serde::{Deserialize, Serialize};

/// A mail ready to be sent. Not `Debug`, for it holds a link that is as good as a password.
#[derive(Clone, Serialize, Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: String,
    pub subject: String,
    pub html: String,
    pub text: String,
}

/// The mail that asks `username` to confirm the address by opening `link`.
pub fn verification(from: &str, to: &str, username: &str, link: &str) -> Mail {
    let html = include_str!("verification.html")
        .replace("{{username}}", &encode_text(username))
        .replace("{{link}}", &encode_double_quoted_attribute(link));
    let text = include_str!("verification.txt").replace("{{username}}", username).replace("{{link}}", link);
    Mail { from: from.to_owned(), to: to.to_owned(), subject: "Confirm your email address".to_owned(), html, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_break_out_of_the_html() {
        let mail = verification("a@b.c", "d@e.f", "<b>&\"", "https://kith.example/?a=1&b=\"><script>");
        assert!(mail.html.contains("&lt;b&gt;&amp;"));
        assert!(mail.html.contains("?a=1&amp;b=&quot;&gt;&lt;script&gt;") || !mail.html.contains("<script>"));
        assert!(!mail.html.contains("{{") && !mail.text.contains("{{"));
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let mail = verification("a@b.c", "d@e.f", "ada", "LINK");
        assert!(!mail.html.contains("http://") && !mail.html.contains("https://") && !mail.html.contains("src="));
        assert_eq!(mail.html.matches("LINK").count(), 3);
        assert!(mail.text.lines().any(|line| line == "LINK"), "a line of its own, so that programs find it");
    }
}
