//! Mail that must arrive: the outbox, its workers, the mails and the ways to send them.

pub mod address;
mod attempt;
pub mod backlog;
pub mod compose;
mod dispatch;
pub mod messages;
pub mod outbox;
pub mod pace;
pub mod request;
pub mod transport;
pub mod worker;
