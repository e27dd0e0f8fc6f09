//! Chunks: the files that the browser build is split into, so that visitors do not download pages that they cannot see
//! yet. All chunks of a page are fetched before it is hydrated.

use std::pin::Pin;

use futures::FutureExt as _;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::ChooseView;

use super::accounts::{register, verify_email};
use super::form::form::current_path;
use super::graph::{people, timeline};
use super::landing;
use super::profiles::{own_profile, profile};
use super::routes::{MainPage, Page, SignedInPage, find};
use super::sign_in::signed_in::SignedIn;
use super::sign_in::{login, sign_in_link};
use super::ui::toast::GraphToast;
use crate::model::accounts::Me;
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
        Page::SignedIn(page) => signed_in(Part::Page(page)).await.unwrap_or_else(|_| {
            // The chunk cannot be fetched, for example after a new release. The server renders the page.
            drop(window().location().set_href(&current_path()));
            ().erase()
        }),
    };
    view.into_any()
}

/// Returns whether the page at `path` needs the chunk for signed-in users. They need it on every page.
#[must_use]
pub fn needs_signed_in_chunk(path: &str, is_signed_in: bool) -> bool {
    is_signed_in || find(path).is_some_and(|route| matches!(route.page, Page::SignedIn(_)))
}

/// Fetches the chunks of the page at `path`, for a visitor or a signed-in user.
pub async fn fetch(path: &str, is_signed_in: bool) -> Result<(), SplitLoaderError> {
    if needs_signed_in_chunk(path, is_signed_in) { fetch_signed_in().await } else { Ok(()) }
}

/// The parts of the chunk for signed-in users.
pub enum Part {
    Page(SignedInPage),
    Header(Me),
}

#[wasm_split(
    signed_in,
    wasm_split_path = leptos::wasm_split,
    preload(
        /// Fetches the chunk for signed-in users.
        fetch_signed_in
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
        Part::Page(SignedInPage::SignInLink) => sign_in_link::SignInLinkPage().erase(),
    };
    Ok(view! {
        {page}
        <GraphToast />
    }
    .erase())
}

/// The links in the page header for `me`. The chunk is fetched before `me` is set.
pub fn header(me: Me) -> Erased {
    signed_in(Part::Header(me)).now_or_never().and_then(Result::ok).unwrap_or_else(|| ().erase())
}
