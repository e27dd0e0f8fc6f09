//! What the server hands on with a page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::accounts::Me;
use crate::rest::form::Flash;

/// What the server knows when it renders a page, handed on to the browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageContext {
    pub me: Option<Me>,
    pub flash: Option<Flash>,
    /// The username of the account that waits to be verified by this page's link.
    pub unverified: Option<String>,
    /// The database did not say who looks at the page.
    pub fault: bool,
    /// What the page's own scripts prove themselves with; the browser does not need it.
    #[serde(skip)]
    pub nonce: Option<String>,
    /// The files that the page loads beside `kith.js` and `kith.wasm`.
    #[serde(skip)]
    pub preloads: Vec<String>,
}

/// The [`PageContext`] that came with this page, for its parts.
#[derive(Clone, Copy)]
pub struct PageContextStore(StoredValue<PageContext>);

impl PageContextStore {
    #[must_use]
    pub fn new(context: PageContext) -> Self {
        Self(StoredValue::new(context))
    }

    /// The outcome of the plain form of `operation` (method and path) that led to this page. The first call takes it.
    pub fn take_flash(operation: &str) -> Option<Flash> {
        let Self(context) = use_context()?;
        context.try_update_value(|context| context.flash.take_if(|flash| flash.operation == operation)).flatten()
    }

    /// The username of the account that waits to be verified by this page's link.
    #[must_use]
    pub fn unverified() -> Option<String> {
        let Self(context) = use_context()?;
        context.with_value(|context| context.unverified.clone())
    }
}
