//! Reliable mail: the outbox, its worker, the mails and the transports.

pub mod address;
mod attempt;
pub mod backlog;
pub mod compose;
mod dispatcher;
pub mod messages;
pub mod outbox;
pub mod request;
pub mod timings;
pub mod transport;
pub mod worker;
