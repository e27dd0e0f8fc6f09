//! Timestamps.

use serde::{Deserialize, Serialize};

use crate::text::dates;

/// A time in UTC, kept in its wire format (RFC 3339). The browser shows parts of it, and code that parses every date is
/// large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Wraps an RFC 3339 timestamp in UTC, such as `2026-03-31T23:59:59.25Z`.
    #[must_use]
    pub const fn new(rfc3339: String) -> Self {
        Self(rfc3339)
    }

    /// The wire format.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Such as “March 2026”.
    #[must_use]
    pub fn month_and_year(&self) -> String {
        [self.month(), self.year()].join(" ")
    }

    /// Such as “5 March 2026”.
    #[must_use]
    pub fn day(&self) -> String {
        dates::day(self.day_of_month(), self.month(), self.year())
    }

    /// Such as “5 Mar 2026, 14:05 UTC”.
    #[must_use]
    pub fn minute(&self) -> String {
        let month: String = self.month().chars().take(3).collect();
        dates::minute(self.day_of_month(), &month, self.year(), self.0.get(11..16).unwrap_or_default())
    }

    fn year(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    fn month(&self) -> &'static str {
        dates::month(self.0.split('-').nth(1).and_then(|month| month.parse().ok()).unwrap_or_default())
    }

    fn day_of_month(&self) -> &str {
        self.0.get(8..10).unwrap_or_default().trim_start_matches('0')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_shown_as_month_or_day_or_minute() {
        for (moment, month, minute) in [
            ("2026-01-01T00:00:00Z", "January 2026", "1 Jan 2026, 00:00 UTC"),
            ("2026-12-31T23:59:59.999999Z", "December 2026", "31 Dec 2026, 23:59 UTC"),
            ("0999-06-10T12:00:00Z", "June 0999", "10 Jun 0999, 12:00 UTC"),
        ] {
            let timestamp = Timestamp::new(moment.to_owned());
            assert_eq!(timestamp.month_and_year(), month);
            assert_eq!(timestamp.minute(), minute);
            assert_eq!(timestamp.day(), format!("{} {month}", minute.split(' ').next().unwrap()));
        }
    }
}
