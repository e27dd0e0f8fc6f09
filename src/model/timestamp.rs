//! Timestamps.

use serde::{Deserialize, Serialize};

use crate::text::dates::MONTHS;

/// A time in UTC, kept in its wire format (RFC 3339). The browser shows only month and year, and code that parses every
/// date is large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Wraps an RFC 3339 timestamp in UTC, such as `2026-03-31T23:59:59.25Z`.
    #[must_use]
    pub const fn new(rfc3339: String) -> Self {
        Self(rfc3339)
    }

    /// Such as “March 2026”.
    #[must_use]
    pub fn month_and_year(&self) -> String {
        let mut parts = self.0.split('-');
        let year = parts.next().unwrap_or_default();
        let month = parts.next().and_then(|month| month.parse::<usize>().ok()).unwrap_or_default();
        let month = MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or_default();
        [month, year].join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_shown_as_month_and_year() {
        for (moment, text) in [
            ("2026-01-01T00:00:00Z", "January 2026"),
            ("2026-12-31T23:59:59.999999Z", "December 2026"),
            ("0999-06-15T12:00:00Z", "June 0999"),
        ] {
            assert_eq!(Timestamp::new(moment.to_owned()).month_and_year(), text);
        }
    }
}
