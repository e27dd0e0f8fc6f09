//! An operation that a form sends: by the application, or by a plain post whose outcome came with
//! the page.

use std::collections::BTreeMap;

use http::Method;
use leptos::prelude::*;
use server_fn::{Protocol, ServerFn};

use crate::app::flash;
use crate::rest::error::ApiError;

/// The state of the operation `Op` on this page. Cheap to copy.
pub struct Submission<Op: ServerFn>
where
    Op: 'static,
    Op::Output: 'static,
{
    action: ServerAction<Op>,
    typed: StoredValue<BTreeMap<String, String>>,
    /// A plain post led here, and went well.
    posted: bool,
}

impl<Op: ServerFn> Clone for Submission<Op> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Op: ServerFn> Copy for Submission<Op> {}

impl<Op> Submission<Op>
where
    Op: ServerFn<Error = ApiError> + Clone + Send + Sync + 'static,
    Op::Output: Clone + Send + Sync + 'static,
{
    /// Starts with the outcome of a plain post, if one led here.
    #[must_use]
    pub fn start() -> Self {
        let action = ServerAction::<Op>::new();
        let flash = flash::take::<Op>();
        let posted = flash.as_ref().is_some_and(|flash| flash.error.is_none());
        let (error, typed) = flash.map(|flash| (flash.error, flash.values)).unwrap_or_default();
        if let Some(error) = error {
            action.value().set(Some(Err(error)));
        }
        Self { action, typed: StoredValue::new(typed), posted }
    }

    /// The operation's HTTP method.
    #[must_use]
    pub fn method() -> Method {
        <Op::Protocol as Protocol<_, _, _, _, _, _, _>>::METHOD
    }

    /// Sends it, unless it is being sent already.
    pub fn send(self, input: Op) {
        if !self.action.pending().get_untracked() {
            self.action.dispatch(input);
        }
    }

    /// What the operation answered; a plain post keeps no answers.
    #[must_use]
    pub fn output(self) -> Option<Op::Output> {
        self.action.value().get().and_then(Result::ok)
    }

    /// Whether it went well, either way.
    #[must_use]
    pub fn succeeded(self) -> bool {
        match self.action.value().get() {
            Some(outcome) => outcome.is_ok(),
            None => self.posted,
        }
    }

    /// The error that it ended with.
    #[must_use]
    pub fn error(self) -> Option<ApiError> {
        self.action.value().get().and_then(Result::err)
    }

    /// Whether the answer is awaited.
    #[must_use]
    pub fn pending(self) -> bool {
        self.action.pending().get()
    }

    /// What was typed before a plain post.
    #[must_use]
    pub fn typed(self) -> BTreeMap<String, String> {
        self.typed.get_value()
    }
}
