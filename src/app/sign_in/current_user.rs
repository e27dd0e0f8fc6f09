//! Who uses the application.

use leptos::prelude::*;

use crate::api::profiles::me::me;
use crate::model::accounts::Me;
use crate::model::error::ErrorCode;
use crate::model::id::UserId;

/// The signed-in person, for every component; `None` for visitors.
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

    /// From the context that the application provides.
    #[must_use]
    pub fn expect() -> Self {
        expect_context()
    }

    #[must_use]
    pub fn get(self) -> Option<Me> {
        self.me.get()
    }

    /// Who it is; this does not change with what the profile tells.
    #[must_use]
    pub fn id(self) -> Option<UserId> {
        self.id.get()
    }

    #[must_use]
    pub fn id_untracked(self) -> Option<UserId> {
        self.id.get_untracked()
    }

    /// Asks the server who it is now, after a sign-in. Returns whether it said so.
    pub async fn load(self) -> bool {
        let me = me().await.ok();
        let known = me.is_some();
        self.me.set(me);
        known
    }

    /// Asks the server who it is now. What is known stays when the server does not say; somebody who
    /// is not signed in any more is a visitor. Returns the answer.
    pub async fn refresh(self) -> Option<Me> {
        let answer = me().await;
        match &answer {
            Ok(me) => {
                if self.me.try_get_untracked().flatten().as_ref() != Some(me) {
                    self.me.try_set(Some(me.clone()));
                }
            }
            Err(error) if error.code == ErrorCode::Unauthenticated => drop(self.me.try_set(None)),
            Err(_) => {}
        }
        answer.ok()
    }

    #[must_use]
    pub fn get_untracked(self) -> Option<Me> {
        self.me.get_untracked()
    }

    /// After a change, with what the server answered.
    pub fn set(self, me: Me) {
        self.me.set(Some(me));
    }

    /// After signing out.
    pub fn clear(self) {
        self.me.set(None);
    }
}
