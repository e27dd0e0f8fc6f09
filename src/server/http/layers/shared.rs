//! Lets the layers of the stack share what is below them.

use std::sync::Arc;
use std::task::{Context, Poll};

use tower::{Layer, Service};

/// Puts what is below behind a pointer.
#[derive(Clone, Copy, Debug)]
pub struct Share;

impl<S> Layer<S> for Share {
    type Service = Shared<S>;

    fn layer(&self, service: S) -> Shared<S> {
        Shared(Arc::new(service))
    }
}

/// A service behind a pointer, which is cloned only when it is called.
///
/// For each request, every layer clones the service below it. Without this, each clone would include all layers
/// below, and the work would grow with the square of their number.
#[derive(Debug)]
pub struct Shared<S>(Arc<S>);

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Service<Request> + Clone, Request> Service<Request> for Shared<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    // The layers and the router are always ready.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> S::Future {
        S::clone(&self.0).call(request)
    }
}
