//! An operation that a form sends: through the application, or as a plain HTML form post, whose outcome comes with the
//! next page.

use std::marker::PhantomData;

use http::Method;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server_fn::{Protocol, ServerFn};

use super::flash;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::form::{Fields, Flash};
use crate::rest::{json, send};
use crate::view::spawn;

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
    /// Starts with the outcome of the form post that led to this page, if any.
    #[must_use]
    pub fn start() -> Self {
        let accept = |body: &str| json::from_str::<Op::Output>(body).as_ref().map(send::store_tokens).is_ok();
        let any = AnySubmission::start(Self::method, Op::PATH, accept, flash::take::<Op>());
        Self { any, operation: PhantomData }
    }

    /// The operation's HTTP method.
    #[must_use]
    pub fn method() -> Method {
        <Op::Protocol as Protocol<_, _, _, _, _, _, _>>::METHOD
    }

    /// Returns the output of the operation. A plain HTML form post keeps none.
    #[must_use]
    pub fn output(self) -> Option<Op::Output> {
        self.any.outcome.get().and_then(Result::ok).and_then(|body| json::from_str(&body).ok())
    }
}

impl<Op> Submission<Op> {
    /// Sends the operation, unless a response is already pending.
    pub fn send(self, input: &impl Serialize) {
        self.any.send(input);
    }

    /// Returns whether the application sent it and it succeeded.
    #[must_use]
    pub fn has_output(self) -> bool {
        self.any.outcome.with(|outcome| matches!(outcome, Some(Ok(_))))
    }

    /// Returns whether it succeeded, through the application or as a form post.
    #[must_use]
    pub fn succeeded(self) -> bool {
        self.any.succeeded()
    }

    /// Returns the error if it failed.
    #[must_use]
    pub fn error(self) -> Option<ApiError> {
        self.any.error()
    }

    /// Returns whether a response is pending.
    #[must_use]
    pub fn pending(self) -> bool {
        self.any.pending.get()
    }

    /// Returns the value of a field in the form post that led to this page.
    #[must_use]
    pub fn value(self, name: &str) -> Option<String> {
        self.any.values.with_value(|values| values.get(name).cloned())
    }
}

/// A [`Submission`] of any operation, so that their common code is compiled once.
#[derive(Clone, Copy)]
pub struct AnySubmission {
    method: fn() -> Method,
    path: &'static str,
    /// Returns whether a response body is of the operation's type. Stores the token in it.
    accept: fn(&str) -> bool,
    /// The JSON of the response, or the error.
    outcome: RwSignal<Option<Result<String, ApiError>>>,
    /// Whether a response is pending.
    pub pending: RwSignal<bool>,
    values: StoredValue<Fields>,
    /// Whether a successful form post led to this page.
    posted: bool,
}

impl AnySubmission {
    fn start(method: fn() -> Method, path: &'static str, accept: fn(&str) -> bool, flash: Option<Flash>) -> Self {
        let posted = flash.as_ref().is_some_and(|flash| flash.error.is_none());
        let (error, values) = flash.map(|flash| (flash.error, flash.values)).unwrap_or_default();
        Self {
            method,
            path,
            accept,
            outcome: RwSignal::new(error.map(Err)),
            pending: RwSignal::new(false),
            values: StoredValue::new(values),
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

    /// Sends the operation, unless a response is already pending.
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
                Ok(body) if !(self.accept)(&body) => Err(ErrorCode::Internal.into()),
                outcome => outcome,
            };
            // The user may have left the page.
            self.outcome.try_set(Some(outcome));
            self.pending.try_set(false);
        });
    }

    /// Returns whether it succeeded, through the application or as a form post.
    #[must_use]
    pub fn succeeded(self) -> bool {
        self.outcome.with(|outcome| match outcome {
            Some(outcome) => outcome.is_ok(),
            None => self.posted,
        })
    }

    /// Returns the error if it failed.
    #[must_use]
    pub fn error(self) -> Option<ApiError> {
        self.outcome.with(|outcome| outcome.as_ref().and_then(|outcome| outcome.as_ref().err().cloned()))
    }

    /// Returns whether there is a response to what the application sent, or an error that came with the page.
    #[must_use]
    pub fn has_outcome(self) -> bool {
        self.outcome.with(Option::is_some)
    }

    /// Forgets the outcome, when the form is corrected.
    pub fn forget(self) {
        self.outcome.set(None);
    }

    /// Returns the field values of the form post that led to this page.
    #[must_use]
    pub fn values(self) -> Fields {
        self.values.get_value()
    }
}
