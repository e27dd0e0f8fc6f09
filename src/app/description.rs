//! What search engines and link previews say about a page.

use super::routes::{MainPage, Page, SignedInPage};

const ABOUT: &str = "Kith is the social network for your friends and acquaintances: make a profile, follow the \
                     people you know, and stay in touch.";

/// One or two sentences, at most 160 characters.
#[must_use]
pub const fn describe(page: Option<Page>) -> &'static str {
    match page {
        None | Some(Page::Main(MainPage::Landing)) => ABOUT,
        Some(Page::Main(MainPage::Login)) => "Sign in to Kith, and see what is new with the people you know.",
        Some(Page::Main(MainPage::Register)) => {
            "Create your Kith account. It takes a minute: an email address, a username and a password."
        }
        Some(Page::Main(MainPage::VerifyEmail)) => "Verify your email address to finish creating your Kith account.",
        Some(Page::SignedIn(SignedInPage::Timeline)) => {
            "The people you follow on Kith, your new followers, and people you may know."
        }
        Some(Page::SignedIn(SignedInPage::OwnProfile)) => "Your profile on Kith: your name, your picture, your bio.",
        Some(Page::SignedIn(SignedInPage::Profile)) => {
            "A profile on Kith, the social network for your friends and acquaintances."
        }
        Some(Page::SignedIn(SignedInPage::Followers)) => "The people who follow this profile on Kith.",
        Some(Page::SignedIn(SignedInPage::SignInLink)) => "Sign in to Kith with a link that we email you.",
        Some(Page::SignedIn(SignedInPage::Following)) => "The people that this profile follows on Kith.",
    }
}
