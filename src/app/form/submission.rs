//! An operation that a form sends: by the application, or by a plain post whose outcome came with
//! the page.

use std::marker::PhantomData;

use http::Method;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server_fn::{Protocol, ServerFn};

use super::flash;
use crate::app::view::spawn;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::form::{Fields, Flash};
use crate::rest::{json, send};

/// The state of the operation `Op` on this page. Cheap to copy.
pub struct Submission<Op> {
    any: AnySubmission,
    operation: PhantomData<fn() -> Op>,
}

impl<Op> Clone for Submission<Op> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Op> Copy for Submission<Op> {}

impl<Op> From<Submission<Op>> for AnySubmission {
    fn from(submission: Submission<Op>) -> Self {
        submission.any
    }
}

impl<Op> Submission<Op>
where
    Op: ServerFn<Error = ApiError>,
    Op::Output: DeserializeOwned + 'static,
{
    /// Starts with the outcome of a plain post, if one led here.
    #[must_use]
    pub fn start() -> Self {
        let take = |answer: &str| json::from_str::<Op::Output>(answer).as_ref().map(send::store_tokens).is_ok();
        let any = AnySubmission::start(Self::method, Op::PATH, take, flash::take::<Op>());
        Self { any, operation: PhantomData }
    }

    /// The operation's HTTP method.
    #[must_use]
    pub fn method() -> Method {
        <Op::Protocol as Protocol<_, _, _, _, _, _, _>>::METHOD
    }

    /// What the operation answered; a plain post keeps no answers.
    #[must_use]
    pub fn output(self) -> Option<Op::Output> {
        self.any.outcome.get().and_then(Result::ok).and_then(|answer| json::from_str(&answer).ok())
    }
}

impl<Op> Submission<Op> {
    /// Sends it, unless it is being sent already.
    pub fn send(self, input: &impl Serialize) {
        self.any.send(input);
    }

    /// Whether the application sent it and it went well.
    #[must_use]
    pub fn answered(self) -> bool {
        self.any.outcome.with(|outcome| matches!(outcome, Some(Ok(_))))
    }

    /// Whether it went well, either way.
    #[must_use]
    pub fn succeeded(self) -> bool {
        self.any.succeeded()
    }

    /// The error that it ended with.
    #[must_use]
    pub fn error(self) -> Option<ApiError> {
        self.any.error()
    }

    /// Whether the answer is awaited.
    #[must_use]
    pub fn pending(self) -> bool {
        self.any.pending.get()
    }

    /// What was typed into a field before a plain post.
    #[must_use]
    pub fn typed(self, name: &str) -> Option<String> {
        self.any.typed.with_value(|typed| typed.get(name).cloned())
    }
}

/// A [`Submission`] whatever its operation: what all of them share is compiled once.
#[derive(Clone, Copy)]
pub struct AnySubmission {
    method: fn() -> Method,
    path: &'static str,
    /// Whether an answer is of the operation's type. Keeps the token that it brings.
    take: fn(&str) -> bool,
    /// The answer's JSON, or the error.
    outcome: RwSignal<Option<Result<String, ApiError>>>,
    /// Whether the answer is awaited.
    pub pending: RwSignal<bool>,
    typed: StoredValue<Fields>,
    /// A plain post led here, and went well.
    posted: bool,
}

impl AnySubmission {
    fn start(method: fn() -> Method, path: &'static str, take: fn(&str) -> bool, flash: Option<Flash>) -> Self {
        let posted = flash.as_ref().is_some_and(|flash| flash.error.is_none());
        let (error, typed) = flash.map(|flash| (flash.error, flash.values)).unwrap_or_default();
        Self {
            method,
            path,
            take,
            outcome: RwSignal::new(error.map(Err)),
            pending: RwSignal::new(false),
            typed: StoredValue::new(typed),
            posted,
        }
    }

    /// The operation's HTTP method.
    #[must_use]
    pub fn method(self) -> Method {
        (self.method)()
    }

    /// The operation's route.
    #[must_use]
    pub const fn path(self) -> &'static str {
        self.path
    }

    /// Sends it, unless it is being sent already.
    pub fn send(self, input: &impl Serialize) {
        self.send_json(json::to_string(input).unwrap_or_default());
    }

    fn send_json(self, input: String) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        spawn(async move {
            let outcome = match send::operation(&self.method(), self.path, &input).await {
                Ok(answer) if !(self.take)(&answer) => Err(ErrorCode::Internal.into()),
                outcome => outcome,
            };
            // The page may be gone.
            self.outcome.try_set(Some(outcome));
            self.pending.try_set(false);
        });
    }

    /// Whether it went well, either way.
    #[must_use]
    pub fn succeeded(self) -> bool {
        self.outcome.with(|outcome| match outcome {
            Some(outcome) => outcome.is_ok(),
            None => self.posted,
        })
    }

    /// The error that it ended with.
    #[must_use]
    pub fn error(self) -> Option<ApiError> {
        self.outcome.with(|outcome| outcome.as_ref().and_then(|outcome| outcome.as_ref().err().cloned()))
    }

    /// What was typed before a plain post.
    #[must_use]
    pub fn typed(self) -> Fields {
        self.typed.get_value()
    }
}
