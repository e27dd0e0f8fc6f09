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
    Action {
        title: "Confirm your email address",
        preview: "One click, and your account is ready.",
        request: "welcome to Kith. Please confirm that this is your email address.",
        button: "Confirm address",
        limits: "The link works for 24 hours. After that, sign in to get a new one.",
        unexpected: "You did not sign up? Then do not confirm: the person who did could use the account. Open the \
                     link and choose “I didn’t create this account” to delete it.",
    }
    .mail(from, to, username, link)
}

/// The mail that lets `username` sign in by opening `link`.
pub fn sign_in_link(from: &str, to: &str, username: &str, link: &str) -> Mail {
    Action {
        title: "Your sign-in link",
        preview: "Sign in to Kith without your password.",
        request: "someone asked for a link that signs you in to Kith. If it was you, open it here.",
        button: "Sign in",
        limits: "The link works for 15 minutes and only once.",
        unexpected: "You did not ask for it? You can ignore this mail: only someone who opens the link gets in. \
                     Don't forward it.",
    }
    .mail(from, to, username, link)
}

/// A mail that wants one thing done, by a link.
struct Action {
    title: &'static str,
    /// What a list of mails shows beside the subject.
    preview: &'static str,
    /// Follows "Hello (username),".
    request: &'static str,
    button: &'static str,
    limits: &'static str,
    /// What to do if the recipient expects no such mail.
    unexpected: &'static str,
}

impl Action {
    fn mail(&self, from: &str, to: &str, username: &str, link: &str) -> Mail {
        // Values come last, so that nothing in them is taken for a placeholder of ours.
        let fill = |template: &str, username: &str, link: &str| {
            template
                .replace("{{title}}", self.title)
                .replace("{{preview}}", self.preview)
                .replace("{{request}}", self.request)
                .replace("{{button}}", self.button)
                .replace("{{limits}}", self.limits)
                .replace("{{unexpected}}", self.unexpected)
                .replace("{{username}}", username)
                .replace("{{link}}", link)
        };
        Mail {
            from: from.to_owned(),
            to: to.to_owned(),
            subject: self.title.to_owned(),
            html: fill(include_str!("action.html"), &encode_text(username), &encode_double_quoted_attribute(link)),
            text: fill(include_str!("action.txt"), username, link),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Write = fn(&str, &str, &str, &str) -> Mail;
    const MAILS: [Write; 2] = [verification, sign_in_link];

    #[test]
    fn values_cannot_break_out_of_the_html() {
        for mail in MAILS {
            let mail = mail("a@b.c", "d@e.f", "<b>&\"", "https://kith.example/?a=1&b=\"><script>");
            assert!(mail.html.contains("&lt;b&gt;&amp;"));
            assert!(mail.html.contains("?a=1&amp;b=&quot;&gt;&lt;script&gt;") || !mail.html.contains("<script>"));
            assert!(!mail.html.contains("{{") && !mail.text.contains("{{"));
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for mail in MAILS {
            let mail = mail("a@b.c", "d@e.f", "ada", "LINK");
            assert!(!mail.html.contains("http://") && !mail.html.contains("https://") && !mail.html.contains("src="));
            assert_eq!(mail.html.matches("LINK").count(), 3);
            assert!(mail.text.lines().any(|line| line == "LINK"), "a line of its own, so that programs find it");
        }
    }
}
