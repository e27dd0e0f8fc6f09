//! Who uses the application.

use leptos::prelude::*;

use crate::api::me::me;
use crate::model::account::Me;

/// The signed-in person, for every component; `None` for visitors.
#[derive(Clone, Copy)]
pub struct CurrentUser(RwSignal<Option<Me>>);

impl CurrentUser {
    #[must_use]
    pub fn new(me: Option<Me>) -> Self {
        Self(RwSignal::new(me))
    }

    /// From the context that the application provides.
    #[must_use]
    pub fn expect() -> Self {
        expect_context()
    }

    #[must_use]
    pub fn get(self) -> Option<Me> {
        self.0.get()
    }

    /// Asks the server who it is now, after a sign-in. Returns whether it said so.
    pub async fn load(self) -> bool {
        let me = me().await.ok();
        let known = me.is_some();
        self.0.set(me);
        known
    }

    /// After signing out.
    pub fn clear(self) {
        self.0.set(None);
    }
}
