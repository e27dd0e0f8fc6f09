//! Mail that must arrive: the outbox, its workers, the mails and the ways to send them.

mod address;
mod attempt;
pub mod backlog;
mod dispatch;
mod link;
pub mod messages;
pub mod outbox;
pub mod pace;
pub mod request;
pub mod transport;
pub mod worker;
