//! The protocol's name in `#[server(protocol = Rest<Post>)]`, and its verbs.

use std::marker::PhantomData;

use http::Method;

/// The protocol of every operation. Fields named in the route's `{template}` travel in the path;
/// the others in the query (GET, DELETE) or in a JSON or form body (POST, PUT, PATCH).
///
/// It is implemented twice: `serve` is the server's half, `client` the browser's.
pub struct Rest<V>(PhantomData<V>);

/// Routes that know the caller by cookies alone, or not at all, whatever else the request carries.
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

/// Whether the fields of a request with this method travel in its body.
#[must_use]
pub fn has_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
