//! The crate's map (stand-in for the real one).
#[cfg(feature = "ssr")]
pub mod server;
