//! The process around the application.

pub mod fallback;
pub mod files;
pub mod headers;
pub mod health;
pub mod pages;
pub mod request_log;
pub mod resume;
pub mod router;
pub mod same_origin;
pub mod session_store;
pub mod site;
pub mod state;
