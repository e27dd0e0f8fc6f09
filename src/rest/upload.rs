//! The protocol of operations whose body is a file: `#[server(protocol = Upload<Put>)]`, with one argument for the
//! bytes. `server/receive` is the server side, `browser/send` the client side.

use std::marker::PhantomData;

/// The file is the body itself or, from a plain HTML form, a field of a multipart body. Such a form names the real
/// method and the pages to redirect to in the query of its action.
pub struct Upload<V>(PhantomData<V>);
