//! Chunks: the files that the browser's half is split into, so that a visitor does not wait for pages that
//! they cannot see yet. Everything that a page is made of is fetched before it is hydrated.

use std::pin::Pin;

use futures::FutureExt as _;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::ChooseView;

use super::accounts::{register, verify_email};
use super::form::form::here;
use super::graph::{people, timeline};
use super::landing;
use super::profiles::{own_profile, profile};
use super::routes::{MainPage, Page, SignedInPage, find};
use super::sign_in::signed_in::SignedIn;
use super::sign_in::{login, sign_in_link};
use super::ui::toast::GraphToast;
use super::view::{Erase, Erased};
use crate::model::accounts::Me;

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
        Page::SignedIn(page) => signed_in(Part::Page(page)).await.unwrap_or_else(|_| {
            // The chunk did not come, or went when the service was renewed: the server has the page.
            drop(window().location().set_href(&here()));
            ().erase()
        }),
    };
    view.into_any()
}

/// Whether the page at `path` needs the chunk for signed-in users, for a visitor or a signed-in user.
#[must_use]
pub fn needs_signed_in_chunk(path: &str, is_signed_in: bool) -> bool {
    is_signed_in || find(path).is_some_and(|route| matches!(route.page, Page::SignedIn(_)))
}

/// Fetches the chunks that the page at `path` is made of, for a visitor or a signed-in user.
///
/// # Errors
/// When one does not come.
pub async fn fetch(path: &str, is_signed_in: bool) -> Result<(), SplitLoaderError> {
    if needs_signed_in_chunk(path, is_signed_in) { fetch_signed_in().await } else { Ok(()) }
}

/// What the chunk for signed-in users is made of.
pub enum Part {
    Page(SignedInPage),
    Header(Me),
}

#[wasm_split(
    signed_in,
    wasm_split_path = leptos::wasm_split,
    preload(
        /// Fetches the chunk for signed-in users.
        ///
        /// # Errors
        /// When it does not come.
        fetch_signed_in
    ),
    fallible
)]
#[allow(clippy::unnecessary_wraps, reason = "the macro asks for a result")]
pub fn signed_in(part: Part) -> Result<Erased, SplitLoaderError> {
    let page = match part {
        Part::Header(me) => return Ok(view! { <SignedIn me /> }.erase()),
        Part::Page(SignedInPage::Timeline) => timeline::Timeline().erase(),
        Part::Page(SignedInPage::OwnProfile) => own_profile::OwnProfile().erase(),
        Part::Page(SignedInPage::Profile) => profile::ProfilePage().erase(),
        Part::Page(SignedInPage::Followers) => people::Followers().erase(),
        Part::Page(SignedInPage::Following) => people::Following().erase(),
        Part::Page(SignedInPage::SignInLink) => sign_in_link::SignInLinkPage().erase(),
    };
    Ok(view! {
        {page}
        <GraphToast />
    }
    .erase())
}

/// What the head of a page offers to `me`. The chunk has been fetched before `me` is known.
pub fn header(me: Me) -> Erased {
    signed_in(Part::Header(me)).now_or_never().and_then(Result::ok).unwrap_or_else(|| ().erase())
}
