//! A layer that reads each request and then changes its response.

use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use futures::TryFutureExt as _;
use futures::future::MapOk;
use tower::{Layer, Service};

/// Calls a function with each request. What that returns is called with the response. Unlike a middleware function, it
/// cannot wait, and needs neither a future of its own nor a copy of what is below.
#[derive(Clone, Copy, Debug)]
pub struct Around<B>(pub B);

/// The service of [`Around`].
#[derive(Clone, Debug)]
pub struct AroundService<S, B> {
    inner: S,
    before: B,
}

impl<S, B: Clone> Layer<S> for Around<B> {
    type Service = AroundService<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        AroundService { inner, before: self.0.clone() }
    }
}

impl<S, B, A> Service<Request> for AroundService<S, B>
where
    S: Service<Request, Response = Response>,
    B: FnMut(&Request) -> A,
    A: FnOnce(Response) -> Response,
{
    type Response = Response;
    type Error = S::Error;
    type Future = MapOk<S::Future, A>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let after = (self.before)(&request);
        self.inner.call(request).map_ok(after)
    }
}
