//! Mail that must arrive: the outbox, its workers, the mails and the ways to send them.

pub mod backlog;
mod link;
pub mod mailbox;
pub mod message;
pub mod outbox;
pub mod pace;
pub mod request;
pub mod transport;
pub mod worker;
