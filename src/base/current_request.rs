//! The request that a task works for. All its log lines name it.

use std::net::IpAddr;
use std::sync::Arc;

use http::Method;
use serde::{Serialize, Serializer};
use tokio::task::futures::TaskLocalFuture;
use tracing::Instrument as _;
use tracing::instrument::Instrumented;

tokio::task_local! {
    static CURRENT: Option<Arc<RequestFields>>;
}

/// What log lines say about their request. A span of `tracing` would cost several times as much as this: it is entered
/// and left whenever the request goes on.
#[derive(Debug, Serialize)]
#[serde(tag = "name", rename = "request")]
pub struct RequestFields {
    pub id: String,
    #[serde(serialize_with = "as_str")]
    pub method: Method,
    /// Without the query, which may contain a token.
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<IpAddr>,
}

/// A future whose log lines name a request.
pub type InRequest<F> = TaskLocalFuture<Option<Arc<RequestFields>>, F>;

/// Runs `log`, whose lines name `request`.
pub fn with_request<T>(request: Arc<RequestFields>, log: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(Some(request), log)
}

/// Calls `read` with the request that the current task works for, if it does.
pub fn read<T>(read: impl FnOnce(&RequestFields) -> T) -> Option<T> {
    CURRENT.try_with(|request| request.as_deref().map(read)).ok().flatten()
}

/// Futures that work for a request.
pub trait ForRequest: Future + Sized {
    /// Names `request` in the log lines of this future.
    fn for_request(self, request: Arc<RequestFields>) -> InRequest<Self> {
        CURRENT.scope(Some(request), self)
    }

    /// Names the current request in the log lines of this future, and its span in traces, when it runs in a task of its
    /// own.
    fn for_current_request(self) -> Instrumented<InRequest<Self>> {
        CURRENT.scope(CURRENT.try_with(Clone::clone).unwrap_or_default(), self).in_current_span()
    }
}

impl<F: Future> ForRequest for F {}

fn as_str<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}
