//! Positions in the write-ahead log.

use std::fmt;
use std::str::FromStr;

/// A log sequence number of PostgreSQL, written as `16/B374D848`. What was committed before it was read from the
/// primary is visible on every replica that has replayed up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lsn(pub u64);

impl Lsn {
    /// No replica ever reaches it.
    pub const MAX: Self = Self(u64::MAX);
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

/// The text is not an LSN.
#[derive(Debug, thiserror::Error)]
#[error("not a log sequence number")]
pub struct InvalidLsn;

impl FromStr for Lsn {
    type Err = InvalidLsn;

    fn from_str(text: &str) -> Result<Self, InvalidLsn> {
        let half = |text: &str| {
            let is_hex = matches!(text.len(), 1..=8) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            u32::from_str_radix(text, 16).ok().filter(|_| is_hex).map(u64::from)
        };
        let (high, low) = text.split_once('/').ok_or(InvalidLsn)?;
        Ok(Self(half(high).ok_or(InvalidLsn)? << 32 | half(low).ok_or(InvalidLsn)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_lsn_round_trips_and_anything_else_is_rejected() {
        for text in ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"] {
            assert_eq!(text.parse::<Lsn>().expect("an LSN").to_string(), text);
        }
        assert_eq!("1/0".parse::<Lsn>().expect("an LSN"), Lsn(1 << 32));
        for text in ["", "/", "1", "1/", "/1", "1/2/3", "+1/2", "1/ 2", "123456789/0", "1/G", "-1/0"] {
            assert!(text.parse::<Lsn>().is_err(), "{text}");
        }
    }
}
