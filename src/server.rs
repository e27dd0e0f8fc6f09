//! What runs the service: command line, configuration, databases, start and stop.

pub mod cli;
pub mod config;
pub mod dev;
pub mod environment;
pub mod migrate;
pub mod postgres;
pub mod secret;
pub mod serve;
pub mod shutdown;
pub mod signing_key;
pub mod telemetry;
pub mod variables;
