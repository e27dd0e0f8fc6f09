//! The protocol of `#[server(protocol = Rest<Post>)]`, and its HTTP methods.

use std::marker::PhantomData;

use http::Method;

/// The protocol of every operation. Fields named in the route's `{template}` are sent in the path, the others in the
/// query (GET, DELETE) or in a JSON or form body (POST, PUT, PATCH).
///
/// `serve` implements the server side, `client` the client side.
pub struct Rest<V>(PhantomData<V>);

/// Routes that identify the caller only by cookies, or not at all, and ignore a Bearer token.
pub const BY_COOKIES: &str = "/auth/";

/// An HTTP method as a type.
pub trait Verb: Send + Sync + 'static {
    const METHOD: Method;
}

macro_rules! verbs {
    ($($name:ident = $method:ident),*) => {$(
        #[doc = concat!("`", stringify!($method), "`")]
        pub struct $name;
        impl Verb for $name {
            const METHOD: Method = Method::$method;
        }
    )*};
}

verbs!(Get = GET, Post = POST, Put = PUT, Patch = PATCH, Delete = DELETE);

/// Returns whether the fields of a request with this method are in its body.
#[must_use]
pub fn has_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
