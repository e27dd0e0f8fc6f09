//! When and in which browser a change was made, for the mails about it.

use serde::{Deserialize, Serialize};

use crate::domain::sign_in::client;
use crate::domain::sign_in::client::Client;
use crate::model::timestamp::Timestamp;
use crate::text::mail;

/// Part of the column `data` of a mail. It contains no text, because the language is that of the recipient when the mail
/// is sent.
#[derive(Default, Serialize, Deserialize)]
pub struct Change {
    at: String,
    browser: Option<String>,
    system: Option<String>,
    /// Versions before migration 0026 stored this text, and that of the time in `at`.
    #[serde(skip_serializing)]
    client: Option<String>,
}

impl Change {
    /// `client` is where the change was made.
    #[must_use]
    pub fn new(at: Timestamp, client: Option<&Client>) -> Self {
        let user_agent = client.and_then(|client| client.user_agent.as_deref());
        let name = |of: fn(&str) -> Option<&'static str>| user_agent.and_then(of).map(ToOwned::to_owned);
        Self { at: at.as_str().to_owned(), browser: name(client::browser), system: name(client::system), client: None }
    }

    /// Returns the time, such as “5 Mar 2026, 14:05 UTC”.
    #[must_use]
    pub fn when(&self) -> String {
        if self.at.ends_with(" UTC") { self.at.clone() } else { Timestamp::new(self.at.clone()).minute() }
    }

    /// Returns the kind of browser, such as “Firefox on Windows”, if it is recognized.
    #[must_use]
    pub fn software(&self) -> Option<String> {
        match (&self.browser, &self.system) {
            (Some(browser), Some(system)) => Some(mail::browser_on_system(browser, system)),
            (Some(name), None) | (None, Some(name)) => Some(name.clone()),
            (None, None) => self.client.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::language::Language;

    #[test]
    fn a_change_is_told_in_the_language_of_the_recipient() {
        let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let client = Client::new(Some(firefox), None, None);
        let change = Change::new(Timestamp::new("2026-03-05T14:05:00Z".to_owned()), Some(&client));
        let change: Change = serde_json::from_value(json!(change)).unwrap();
        let told = || (change.when(), change.software().unwrap());
        assert_eq!(told(), ("5 Mar 2026, 14:05 UTC".to_owned(), "Firefox on Windows".to_owned()));
        assert_eq!(
            Language::German.scope(told),
            ("5. Mär 2026, 14:05 UTC".to_owned(), "Firefox auf Windows".to_owned())
        );
    }

    #[test]
    fn changes_stored_by_earlier_versions_are_told_as_they_are() {
        let (notice, undo) = (
            json!({ "at": "2026-03-05T14:05:00Z", "client": "Safari", "notice": "restored" }),
            json!({ "at": "5 Mar 2026, 14:05 UTC", "client": "Safari", "minutes": 10080 }),
        );
        for data in [notice, undo] {
            let change: Change = serde_json::from_value(data).unwrap();
            assert_eq!(
                (change.when().as_str(), change.software().as_deref()),
                ("5 Mar 2026, 14:05 UTC", Some("Safari"))
            );
        }
    }
}
