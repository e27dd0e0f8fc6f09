//! How long each step of a conversation may take: the least that RFC 5321, section 4.5.3.2, asks of a client.

use std::time::Duration;

/// To each address of the server.
pub const CONNECT: Duration = Duration::from_secs(30);
/// The TLS handshake, about which the RFC says nothing.
pub const TLS: Duration = Duration::from_mins(1);
/// "Initial 220 Message".
pub const GREETING: Duration = Duration::from_mins(5);
/// EHLO, STARTTLS, AUTH and MAIL: "MAIL Command".
pub const COMMAND: Duration = Duration::from_mins(5);
/// "RCPT Command".
pub const RECIPIENT: Duration = Duration::from_mins(5);
/// "DATA Initiation".
pub const DATA: Duration = Duration::from_mins(2);
/// "Data Block" and "DATA Termination": the mail is sent in one block and then waits for the last answer.
pub const MESSAGE: Duration = Duration::from_mins(3 + 10);
/// QUIT decides nothing, so it may take no time.
pub const QUIT: Duration = Duration::from_secs(1);
