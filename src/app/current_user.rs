//! Who uses the application.

use leptos::prelude::*;

use crate::api::me::me;
use crate::model::account::Me;
use crate::rest::error::ErrorCode;

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

    /// Asks the server who it is now. What is known stays when the server does not say; somebody who
    /// is not signed in any more is a visitor.
    pub async fn refresh(self) {
        match me().await {
            Ok(me) => {
                if self.0.try_get_untracked().flatten().as_ref() != Some(&me) {
                    self.0.try_set(Some(me));
                }
            }
            Err(error) if error.code == ErrorCode::Unauthenticated => drop(self.0.try_set(None)),
            Err(_) => {}
        }
    }

    #[must_use]
    pub fn get_untracked(self) -> Option<Me> {
        self.0.get_untracked()
    }

    /// After a change, with what the server answered.
    pub fn set(self, me: Me) {
        self.0.set(Some(me));
    }

    /// After signing out.
    pub fn clear(self) {
        self.0.set(None);
    }
}
