//! The process around the application.

pub mod cli;
pub mod config;
pub mod dev;
pub mod environment;
pub mod fallback;
pub mod files;
pub mod headers;
pub mod health;
pub mod housekeeping;
pub mod migrate;
pub mod openapi;
pub mod pages;
pub mod postgres;
pub mod request_log;
pub mod resume;
pub mod router;
pub mod same_origin;
pub mod secret;
pub mod serve;
pub mod session_store;
pub mod shutdown;
pub mod signing_key;
pub mod site;
pub mod state;
pub mod telemetry;
pub mod variables;
