//! The contents of mails.

use std::borrow::Cow;

use askama::Template;
use serde::{Deserialize, Serialize};

/// A mail ready to be sent. Not `Debug`, because it contains a link that is as good as a password.
#[derive(Clone, Serialize, Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: String,
    pub subject: String,
    pub html: String,
    pub text: String,
}

/// A mail that asks for one action, with a link.
#[derive(Clone)]
pub struct ActionMail {
    pub title: &'static str,
    /// Shown next to the subject in a list of mails.
    pub preview: &'static str,
    /// Follows "Hello (username),".
    pub request: Cow<'static, str>,
    pub button: &'static str,
    pub limits: Cow<'static, str>,
    /// What to do if the recipient did not expect this mail.
    pub unexpected: &'static str,
}

#[derive(Template)]
#[template(path = "action.html")]
struct Html<'a> {
    mail: &'a ActionMail,
    username: &'a str,
    link: &'a str,
}

#[derive(Template)]
#[template(path = "action.txt")]
struct Text<'a> {
    mail: &'a ActionMail,
    username: &'a str,
    link: &'a str,
}

impl ActionMail {
    /// The mail that asks `username` to open `link`.
    pub fn mail(&self, from: &str, to: &str, username: &str, link: &str) -> Mail {
        let html = Html { mail: self, username, link };
        let text = Text { mail: self, username, link };
        Mail {
            from: from.to_owned(),
            to: to.to_owned(),
            subject: self.title.to_owned(),
            html: html.to_string(),
            text: text.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: ActionMail = ActionMail {
        title: "Title",
        preview: "Preview.",
        request: Cow::Borrowed("please do this."),
        button: "Do it",
        limits: Cow::Borrowed("Soon."),
        unexpected: "Nothing to do.",
    };

    #[test]
    fn values_cannot_break_out_of_the_html() {
        let mail = MAIL.mail("a@b.c", "d@e.f", "<b>&\"", "https://kith.example/?a=1&b=\"><script>");
        assert!(mail.html.contains("Hello &#60;b&#62;&#38;&#34;,"), "{}", mail.html);
        assert!(mail.html.contains("?a=1&#38;b=&#34;&#62;&#60;script&#62;") && !mail.html.contains("<script>"));
        assert!(!mail.html.contains("{{") && !mail.text.contains("{{"));
        assert!(mail.text.starts_with("Hello <b>&\",\n\nplease do this.\n\nhttps://kith.example/?a=1&b=\"><script>\n"));
    }

    #[test]
    fn a_mail_loads_no_external_resources() {
        let mail = MAIL.mail("a@b.c", "d@e.f", "ada", "LINK");
        assert!(!mail.html.contains("http://") && !mail.html.contains("https://") && !mail.html.contains("src="));
        assert_eq!(mail.html.matches("LINK").count(), 3);
        assert!(mail.text.lines().any(|line| line == "LINK"), "the link has its own line, where programs find it");
    }
}
