//! A private PostgreSQL from the binaries on the machine, for `kith dev` and `kith postgres`.

mod binaries;
mod cluster;
mod command;
mod owner;

pub use cluster::Cluster;
pub use command::run_with;
