//! Chunks: the files that the browser build is split into, so that visitors do not download pages that they cannot see
//! yet. All chunks of a page, and their texts, are fetched before it is hydrated.

use std::pin::Pin;

use futures::FutureExt as _;
use futures::future::join;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::ChooseView;

use super::accounts::{
    account_deleted, confirm_email, forgot_password, register, reset_password, undo_email_change, verify_email,
};
use super::form::form::current_path;
use super::graph::{follow_requests, people, timeline};
use super::landing;
use super::profiles::{own_profile, profile};
use super::routes::{AccountPage, MainPage, Page, SignedInPage, find};
use super::search::page::SearchPage;
use super::settings;
use super::settings::security;
use super::sign_in::signed_in::SignedIn;
use super::sign_in::{login, reauthenticate, sign_in_link};
use super::ui::toast::GraphToast;
use crate::model::accounts::Me;
use crate::rest::texts;
use crate::text::module::Scope;
use crate::view::{Erase, Erased};

impl ChooseView for Page {
    // Boxed, since the router is generic over the future.
    fn choose(self) -> impl Future<Output = AnyView> {
        Box::pin(show(self)) as Pin<Box<dyn Future<Output = AnyView>>>
    }

    async fn preload(&self) {}
}

async fn show(page: Page) -> AnyView {
    let view = match page {
        Page::Main(MainPage::Landing) => landing::Landing().erase(),
        Page::Main(MainPage::Login) => login::LoginPage().erase(),
        Page::Main(MainPage::Register) => register::RegisterPage().erase(),
        Page::Main(MainPage::VerifyEmail) => verify_email::VerifyEmailPage().erase(),
        Page::SignedIn(page) => {
            let chunk = async || {
                fetch_signed_in().await?;
                signed_in(Part::Page(page)).await.ok()
            };
            chunk().await.unwrap_or_else(reload)
        }
        Page::Account(page) => {
            let chunk = async || {
                fetch_account().await?;
                account(page).await.ok()
            };
            chunk().await.unwrap_or_else(reload)
        }
    };
    view.into_any()
}

/// Lets the server render the page, after its chunk could not be fetched, for example because of a new release.
fn reload() -> Erased {
    drop(window().location().set_href(&current_path()));
    ().erase()
}

/// The chunks that a page needs in addition to the main one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunks {
    pub signed_in: bool,
    pub account: bool,
}

impl Chunks {
    /// Returns the chunks of the page at `path`. Signed-in users need theirs on every page, for the header.
    #[must_use]
    pub fn of(path: &str, is_signed_in: bool) -> Self {
        Self::of_page(find(path).map(|route| route.page), is_signed_in)
    }

    /// Returns the chunks of a page, or of the one for unknown paths.
    #[must_use]
    pub const fn of_page(page: Option<Page>, is_signed_in: bool) -> Self {
        Self {
            signed_in: is_signed_in || matches!(page, Some(Page::SignedIn(_))),
            account: matches!(page, Some(Page::Account(_))),
        }
    }

    /// The texts that the page needs.
    #[must_use]
    pub const fn scope(self) -> Scope {
        if self.signed_in || self.account { Scope::All } else { Scope::Main }
    }
}

/// Fetches the chunks of the page at `path`, for a visitor or a signed-in user, and its texts. `None` if one of them
/// cannot be fetched, for example because of a new release.
pub async fn fetch(path: &str, is_signed_in: bool) -> Option<()> {
    let chunks = Chunks::of(path, is_signed_in);
    texts::load(chunks.scope()).await?;
    if chunks.signed_in {
        fetch_signed_in().await?;
    }
    if chunks.account { fetch_account().await } else { Some(()) }
}

/// Fetches the chunk for signed-in users, with its texts. `None` as for [`fetch`].
pub async fn fetch_signed_in() -> Option<()> {
    with_texts(Box::pin(load_signed_in())).await
}

/// Fetches the chunk with the settings and the pages of emailed links, with its texts. `None` as for [`fetch`].
async fn fetch_account() -> Option<()> {
    with_texts(Box::pin(load_account())).await
}

async fn with_texts(chunk: Pin<Box<dyn Future<Output = Result<(), SplitLoaderError>>>>) -> Option<()> {
    let (chunk, texts) = join(chunk, texts::load(Scope::All)).await;
    chunk.ok().and(texts)
}

/// The parts of the chunk for signed-in users.
#[allow(clippy::large_enum_variant, reason = "a box makes the browser build larger")]
pub enum Part {
    Page(SignedInPage),
    Header(Me),
}

#[wasm_split(
    signed_in,
    wasm_split_path = leptos::wasm_split,
    preload(
        load_signed_in
    ),
    fallible
)]
#[allow(clippy::unnecessary_wraps, reason = "the macro requires a result")]
pub fn signed_in(part: Part) -> Result<Erased, SplitLoaderError> {
    let page = match part {
        Part::Header(me) => return Ok(view! { <SignedIn me /> }.erase()),
        Part::Page(SignedInPage::Timeline) => timeline::Timeline().erase(),
        Part::Page(SignedInPage::OwnProfile) => own_profile::OwnProfile().erase(),
        Part::Page(SignedInPage::Profile) => profile::ProfilePage().erase(),
        Part::Page(SignedInPage::Followers) => people::Followers().erase(),
        Part::Page(SignedInPage::Following) => people::Following().erase(),
        Part::Page(SignedInPage::FollowRequests) => follow_requests::FollowRequests().erase(),
        Part::Page(SignedInPage::Search) => SearchPage().erase(),
        // Beside the other lists of people, so that pages for visitors do not load what these share.
        Part::Page(SignedInPage::Blocks) => settings::blocked::Blocked().erase(),
    };
    Ok(view! {
        {page}
        <GraphToast />
    }
    .erase())
}

#[wasm_split(
    account,
    wasm_split_path = leptos::wasm_split,
    preload(
        load_account
    ),
    fallible
)]
#[allow(clippy::unnecessary_wraps, reason = "the macro requires a result")]
pub fn account(page: AccountPage) -> Result<Erased, SplitLoaderError> {
    Ok(match page {
        AccountPage::SignInLink => sign_in_link::SignInLinkPage().erase(),
        AccountPage::ForgotPassword => forgot_password::ForgotPasswordPage().erase(),
        AccountPage::ResetPassword => reset_password::ResetPasswordPage().erase(),
        AccountPage::ConfirmEmail => confirm_email::ConfirmEmailPage().erase(),
        AccountPage::UndoEmailChange => undo_email_change::UndoEmailChangePage().erase(),
        AccountPage::AccountDeleted => account_deleted::AccountDeleted().erase(),
        AccountPage::Reauthenticate => reauthenticate::ReauthenticatePage().erase(),
        AccountPage::Account => settings::account::Account().erase(),
        AccountPage::Security => security::Security().erase(),
        AccountPage::Privacy => settings::privacy::PrivacyPage().erase(),
    })
}

/// The links in the page header for `me`. The chunk is fetched before `me` is set.
pub fn header(me: Me) -> Erased {
    signed_in(Part::Header(me)).now_or_never().and_then(Result::ok).unwrap_or_else(|| ().erase())
}
