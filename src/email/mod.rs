//! Mail that must arrive: the outbox, its workers, the mails and the ways to send them.

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
