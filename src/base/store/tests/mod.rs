//! The store through its public interface, on both kinds of storage.

mod bucket;
mod folder;

use super::*;

const KEY: &str = "large/n-_me.jpg";
