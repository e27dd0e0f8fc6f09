//! The data that the server embeds in a page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::accounts::Me;
use crate::rest::form::Flash;

/// The data that the server renders a page with, which the browser needs for hydration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageContext {
    pub me: Option<Me>,
    pub flash: Option<Flash>,
    /// The username of the unverified account that this page's link belongs to.
    pub unverified: Option<String>,
    /// Whether the database failed, so that the page cannot be shown.
    pub is_unavailable: bool,
    /// Identifies the page's own scripts to the content security policy. The browser build does not need it.
    #[serde(skip)]
    pub nonce: Option<String>,
    /// The files of the application.
    #[serde(skip)]
    pub files: PageFiles,
    /// The paths of the texts in the page's language: those of the main file of the browser build, and all.
    #[serde(skip)]
    pub texts: [String; 2],
    /// The origin that users see, such as `https://kith.example.com`.
    #[serde(skip)]
    pub origin: String,
}

/// The paths of the files that the application on a page consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFiles {
    pub script: String,
    pub wasm: String,
    /// Those that `script` and `wasm` load.
    pub others: Vec<String>,
}

/// The [`PageContext`] that came with this page, for its components.
#[derive(Clone, Copy)]
pub struct PageContextStore(StoredValue<PageContext>);

impl PageContextStore {
    #[must_use]
    pub fn new(context: PageContext) -> Self {
        Self(StoredValue::new(context))
    }

    /// Takes the outcome of the form post to `operation` (method and path) that led to this page.
    pub fn take_flash(operation: &str) -> Option<Flash> {
        let Self(context) = use_context()?;
        context.try_update_value(|context| context.flash.take_if(|flash| flash.operation == operation)).flatten()
    }

    /// Returns the username of the unverified account that this page's link belongs to.
    #[must_use]
    pub fn unverified() -> Option<String> {
        let Self(context) = use_context()?;
        context.with_value(|context| context.unverified.clone())
    }
}
