//! What a server's rejection means for a mail.

/// The command that the server rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Anything but the recipient: the connection, our name, our password, our address, the mail itself. All mails are
    /// rejected alike, so an operator has to correct something, and then they still have to be sent.
    Other,
    /// `RCPT TO`.
    Recipient,
}

/// Status codes of RFC 3463 that concern the recipient's mailbox, regardless of the sender.
const BAD_MAILBOX: [&str; 8] = ["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"];

/// Replies to `RCPT TO` that may concern the mailbox: unknown, not local, malformed, a domain without mail (RFC 7504).
const MAYBE_MAILBOX: [u16; 4] = [550, 551, 553, 556];

/// Words that servers use when they reject us with the same codes (RFC 5321, section 4.2.3: "command rejected for
/// policy reasons").
const ABOUT_US: [&str; 42] = [
    "abus",
    "access",
    "administrative",
    "allow",
    "auth",
    "banned",
    "black",
    "block",
    "callout",
    "client",
    "denied",
    "dkim",
    "dmarc",
    "dns",
    "helo",
    "ehlo",
    "hello",
    "host",
    "junk",
    "limit",
    "listed",
    "log in",
    "login",
    "permit",
    "policy",
    "prohibit",
    "protocol",
    "ptr",
    "quota",
    "rate",
    "rbl",
    "relay",
    "reputation",
    "reverse",
    "sender",
    "sign in",
    "spam",
    "spf",
    "suspicious",
    "temporar",
    "too many",
    "unsolicited",
];

/// Returns whether the server will never accept mail for this mailbox. An ambiguous rejection counts as a rejection of
/// us: a retry costs little, while giving up loses the mail.
pub fn is_mailbox_error(step: Step, code: u16, text: &str) -> bool {
    if step != Step::Recipient || !(500..600).contains(&code) {
        return false;
    }
    if let Some(status) = statuses(text).next() {
        return BAD_MAILBOX.contains(&status);
    }
    let text = text.to_ascii_lowercase();
    MAYBE_MAILBOX.contains(&code) && !ABOUT_US.iter().any(|word| text.contains(word))
}

/// The enhanced status codes in a reply, at any position: qmail writes `(#5.7.1)` at the end.
fn statuses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_end_matches('.')).filter(|word| {
        let mut numbers = word.split('.');
        numbers.next() == Some("5") && numbers.clone().count() == 2 && numbers.all(|n| (1..=3).contains(&n.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_because_of_the_mailbox_is_final() {
        for (code, text) in [
            (550, ""),
            (550, "No such user here"),
            (550, "<ann@example.org> is a problem"),
            (550, "<ann@example.org>: Recipient address rejected: User unknown in virtual mailbox table"),
            (550, "Requested action not taken: mailbox unavailable"),
            (550, "Unrouteable address"),
            (550, "5.1.1 <a@b>: policy of ours, no such user"),
            (553, "Bad mailbox"),
            (556, "Domain does not accept mail"),
            (554, "5.1.10 Null MX"),
            (550, "5.2.1 The account is disabled"),
        ] {
            assert!(is_mailbox_error(Step::Recipient, code, text), "{code} {text}");
            assert!(!is_mailbox_error(Step::Other, code, text), "to another command: {code} {text}");
        }
    }

    #[test]
    fn a_rejection_because_of_the_sender_is_not_final() {
        for (code, text) in [
            (550, "relay not permitted"),
            (550, "Relaying denied"),
            (554, "5.7.1 <a@b>: Relay access denied"),
            (550, "5.7.1 Blocked"),
            (550, "Sender verify failed"),
            (550, "Administrative prohibition"),
            (550, "authentication required"),
            (550, "rejected because 192.0.2.1 is in a black list at zen.spamhaus.org"),
            (553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
            (550, "too many messages"),
            (552, "mailbox is full"),
            (554, "Transaction failed"),
            (552, "5.2.2 Over quota"),
            (450, "4.2.1 Later"),
            (421, ""),
        ] {
            assert!(!is_mailbox_error(Step::Recipient, code, text), "{code} {text}");
        }
    }
}
