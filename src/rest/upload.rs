//! The protocol of operations whose body is a file: `#[server(protocol = Upload<Put>)]`, with one
//! argument that takes the bytes. `receive` is the server's half, `send` the browser's.

use std::marker::PhantomData;

/// The file travels as the body itself, or in the multipart field `avatar`, which is how a plain form
/// sends it. That form names the real method, and the pages it leads to, in the query of its action.
pub struct Upload<V>(PhantomData<V>);

/// The largest file, in bytes (USER-STORY-003-S4).
pub const FILE_MAX: usize = 2 * 1024 * 1024;

/// The multipart field that holds the file.
pub const FILE_FIELD: &str = "avatar";
