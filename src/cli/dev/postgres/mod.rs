//! A private PostgreSQL from the binaries on the machine, for `kith dev` and `kith postgres`.

pub mod binaries;
mod cluster;
mod command;
pub mod owner;

pub use cluster::Cluster;
pub use command::run_with;
