//! Helpers that tests share.

pub mod app;
pub mod citus;
pub mod database;
pub mod log;
pub mod mail;
pub mod outbox;
pub mod picture;
pub mod process;
pub mod provider;
pub mod raw;
pub mod response;
pub mod slow_proxy;
pub mod slow_smtp;
pub mod smtp;
pub mod token;
pub mod triggers;
pub mod user;
