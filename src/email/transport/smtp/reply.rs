//! What a server's refusal means for a mail.

/// The command that the server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Anything but the recipient: the connection, our name, our password, our address, the mail as such. All
    /// mails are refused alike, so someone has to correct something, and then they still have to go out.
    Other,
    /// `RCPT TO`.
    Recipient,
}

/// Statuses of RFC 3463 that mean the recipient's mailbox, whatever the sender.
const BAD_MAILBOX: [&str; 8] = ["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"];

/// Replies to `RCPT TO` that may mean the mailbox: unknown, elsewhere, malformed, a domain without mail (RFC 7504).
const MAYBE_MAILBOX: [u16; 4] = [550, 551, 553, 556];

/// Words with which servers say that they refuse us, under the same codes (RFC 5321, section 4.2.3: "command
/// rejected for policy reasons").
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

/// Whether the server will never take a mail for this mailbox. A refusal that does not say so plainly is taken
/// for one of us: trying again costs little, and giving up loses the mail.
pub fn is_mailbox_error(step: Step, code: u16, said: &str) -> bool {
    if step != Step::Recipient || !(500..600).contains(&code) {
        return false;
    }
    if let Some(status) = statuses(said).next() {
        return BAD_MAILBOX.contains(&status);
    }
    let said = said.to_ascii_lowercase();
    MAYBE_MAILBOX.contains(&code) && !ABOUT_US.iter().any(|word| said.contains(word))
}

/// The enhanced statuses in what a server said, wherever it puts them: qmail writes `(#5.7.1)` at the end.
fn statuses(said: &str) -> impl Iterator<Item = &str> {
    said.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_end_matches('.')).filter(|word| {
        let mut numbers = word.split('.');
        numbers.next() == Some("5") && numbers.clone().count() == 2 && numbers.all(|n| (1..=3).contains(&n.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_refused_for_the_mailbox_is_final() {
        for (code, said) in [
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
            assert!(is_mailbox_error(Step::Recipient, code, said), "{code} {said}");
            assert!(!is_mailbox_error(Step::Other, code, said), "to another command: {code} {said}");
        }
    }

    #[test]
    fn a_recipient_refused_for_what_we_are_is_not() {
        for (code, said) in [
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
            assert!(!is_mailbox_error(Step::Recipient, code, said), "{code} {said}");
        }
    }
}
