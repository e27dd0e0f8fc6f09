//! The protocol of operations whose body is a file: `#[server(protocol = Upload<Put>)]`, with one
//! argument that takes the bytes. `server/receive` is the server's half, `browser/send` the browser's.

use std::marker::PhantomData;

/// The file travels as the body itself, or in a field of a multipart form, which is how a plain form
/// sends it. That form names the real method, and the pages it leads to, in the query of its action.
pub struct Upload<V>(PhantomData<V>);
