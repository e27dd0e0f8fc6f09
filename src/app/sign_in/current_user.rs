//! The user of the application.

use leptos::prelude::*;

use crate::api::profiles::me::me;
use crate::model::accounts::Me;
use crate::model::error::ErrorCode;
use crate::model::id::UserId;
use crate::view::{effect, spawn};

/// The signed-in user, for every component; `None` for visitors.
#[derive(Clone, Copy)]
pub struct CurrentUser {
    me: RwSignal<Option<Me>>,
    id: Memo<Option<UserId>>,
}

impl CurrentUser {
    #[must_use]
    pub fn new(me: Option<Me>) -> Self {
        let me = RwSignal::new(me);
        Self { me, id: Memo::new(move |_| me.with(|me| me.as_ref().map(|me| me.profile.id))) }
    }

    /// Returns the one that the application provides.
    #[must_use]
    pub fn expect() -> Self {
        expect_context()
    }

    #[must_use]
    pub fn get(self) -> Option<Me> {
        self.me.get()
    }

    /// Returns the user's id. Unlike [`Self::get`], it does not react to changes of the profile.
    #[must_use]
    pub fn id(self) -> Option<UserId> {
        self.id.get()
    }

    #[must_use]
    pub fn id_untracked(self) -> Option<UserId> {
        self.id.get_untracked()
    }

    /// Loads the user from the server after a sign-in. Returns whether it succeeded.
    pub async fn load(self) -> bool {
        let me = me().await.ok();
        let is_loaded = me.is_some();
        self.me.set(me);
        is_loaded
    }

    /// Loads the user again and returns it. A user who is no longer signed in becomes a visitor. After any other error,
    /// the known user is kept. The response of a request that was sent before a sign-out is dropped.
    pub async fn refresh(self) -> Option<Me> {
        let id = self.id_untracked();
        let loaded = me().await;
        if self.id.try_get_untracked().flatten() != id {
            return None;
        }
        match &loaded {
            Ok(me) => {
                if self.me.try_get_untracked().flatten().as_ref() != Some(me) {
                    self.me.try_set(Some(me.clone()));
                }
            }
            Err(error) if error.code == ErrorCode::Unauthenticated => drop(self.me.try_set(None)),
            Err(_) => {}
        }
        loaded.ok()
    }

    /// Loads a signed-in user again once `changed` is true, after an operation that ends sessions or changes the
    /// account.
    pub fn refresh_when(self, changed: Memo<bool>) {
        effect(move || {
            if changed.get() && self.get_untracked().is_some() {
                spawn(async move { drop(self.refresh().await) });
            }
        });
    }

    #[must_use]
    pub fn get_untracked(self) -> Option<Me> {
        self.me.get_untracked()
    }

    /// Stores the user that the server returned after a change.
    pub fn set(self, me: Me) {
        self.me.set(Some(me));
    }

    /// Clears the user after a sign-out.
    pub fn clear(self) {
        self.me.set(None);
    }
}
