//! The description of each page for search engines and link previews.

use crate::app::routes::{AccountPage, MainPage, Page, SignedInPage};
use crate::text;

/// Returns one or two sentences, at most 160 characters.
#[must_use]
pub fn describe(page: Option<Page>) -> &'static str {
    match page {
        None | Some(Page::Main(MainPage::Landing)) => text::ui::landing_lead(),
        Some(Page::Main(MainPage::Login)) => text::descriptions::sign_in(),
        Some(Page::Main(MainPage::Register)) => text::descriptions::register(),
        Some(Page::Main(MainPage::VerifyEmail)) => text::descriptions::verify(),
        Some(Page::SignedIn(SignedInPage::Timeline)) => text::descriptions::timeline(),
        Some(Page::SignedIn(SignedInPage::OwnProfile)) => text::descriptions::own_profile(),
        Some(Page::SignedIn(SignedInPage::Profile)) => text::descriptions::profile(),
        Some(Page::SignedIn(SignedInPage::Followers)) => text::descriptions::followers(),
        Some(Page::Account(AccountPage::SignInLink)) => text::descriptions::sign_in_link(),
        Some(Page::SignedIn(SignedInPage::Following)) => text::descriptions::following(),
        Some(Page::Account(AccountPage::ForgotPassword)) => text::descriptions::forgot(),
        Some(Page::Account(AccountPage::ResetPassword)) => text::descriptions::reset(),
        Some(Page::Account(AccountPage::ConfirmEmail)) => text::descriptions::confirm(),
        Some(Page::Account(AccountPage::UndoEmailChange)) => text::descriptions::undo(),
        Some(Page::Account(AccountPage::AccountDeleted)) => text::descriptions::deleted(),
        Some(Page::Account(AccountPage::Reauthenticate)) => text::descriptions::reauthenticate(),
        Some(Page::Account(AccountPage::Account)) => text::descriptions::account(),
        Some(Page::Account(AccountPage::Security)) => text::descriptions::security(),
        Some(Page::Account(AccountPage::Privacy)) => text::descriptions::privacy(),
        Some(Page::SignedIn(SignedInPage::Blocks)) => text::descriptions::blocks(),
        Some(Page::SignedIn(SignedInPage::Search)) => text::descriptions::search(),
        Some(Page::SignedIn(SignedInPage::FollowRequests)) => text::descriptions::follow_requests(),
    }
}
