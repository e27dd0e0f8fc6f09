//! The store as its users see it, on both kinds of storage.

mod bucket;
mod folder;

use super::*;

const KEY: &str = "large/n-_me.jpg";
