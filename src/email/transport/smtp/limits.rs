//! Timeouts for each step of a conversation: the minimum that RFC 5321, section 4.5.3.2, requires of a client.

use std::time::Duration;

/// For each address of the server.
pub const CONNECT: Duration = Duration::from_secs(30);
/// The TLS handshake, which the RFC does not cover.
pub const TLS: Duration = Duration::from_mins(1);
/// "Initial 220 Message".
pub const GREETING: Duration = Duration::from_mins(5);
/// EHLO, STARTTLS, AUTH and MAIL: "MAIL Command".
pub const COMMAND: Duration = Duration::from_mins(5);
/// "RCPT Command".
pub const RECIPIENT: Duration = Duration::from_mins(5);
/// "DATA Initiation".
pub const DATA: Duration = Duration::from_mins(2);
/// "Data Block" and "DATA Termination": the mail is sent in one block, then the final reply is awaited.
pub const MESSAGE: Duration = Duration::from_mins(3 + 10);
/// QUIT does not change the outcome, so it gets little time.
pub const QUIT: Duration = Duration::from_secs(1);
