//! The description of each page for search engines and link previews.

use super::routes::{AccountPage, MainPage, Page, SignedInPage};
use crate::text;

/// Returns one or two sentences, at most 160 characters.
#[must_use]
pub const fn describe(page: Option<Page>) -> &'static str {
    match page {
        None | Some(Page::Main(MainPage::Landing)) => text::ui::LANDING_LEAD,
        Some(Page::Main(MainPage::Login)) => text::sign_in::DESCRIPTION,
        Some(Page::Main(MainPage::Register)) => text::accounts::REGISTER_DESCRIPTION,
        Some(Page::Main(MainPage::VerifyEmail)) => text::accounts::VERIFY_DESCRIPTION,
        Some(Page::SignedIn(SignedInPage::Timeline)) => text::graph::TIMELINE_DESCRIPTION,
        Some(Page::SignedIn(SignedInPage::OwnProfile)) => text::profiles::OWN_DESCRIPTION,
        Some(Page::SignedIn(SignedInPage::Profile)) => text::profiles::DESCRIPTION,
        Some(Page::SignedIn(SignedInPage::Followers)) => text::graph::FOLLOWERS_DESCRIPTION,
        Some(Page::Account(AccountPage::SignInLink)) => text::sign_in::LINK_DESCRIPTION,
        Some(Page::SignedIn(SignedInPage::Following)) => text::graph::FOLLOWING_DESCRIPTION,
        Some(Page::Account(AccountPage::ForgotPassword)) => text::accounts::FORGOT_DESCRIPTION,
        Some(Page::Account(AccountPage::ResetPassword)) => text::accounts::RESET_DESCRIPTION,
        Some(Page::Account(AccountPage::ConfirmEmail)) => text::accounts::CONFIRM_DESCRIPTION,
        Some(Page::Account(AccountPage::UndoEmailChange)) => text::accounts::UNDO_DESCRIPTION,
        Some(Page::Account(AccountPage::AccountDeleted)) => text::accounts::DELETED_DESCRIPTION,
        Some(Page::Account(AccountPage::Reauthenticate)) => text::sign_in::REAUTHENTICATE_DESCRIPTION,
        Some(Page::Account(AccountPage::Account)) => text::settings::ACCOUNT_DESCRIPTION,
        Some(Page::Account(AccountPage::Security)) => text::settings::SECURITY_DESCRIPTION,
    }
}
