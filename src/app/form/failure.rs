//! Whether the page's last form failed, which its title says first
//! ([GOV.UK Design System](https://design-system.service.gov.uk/components/error-summary/)).

use leptos::prelude::*;

use crate::text;

/// Whether the last form of the page that was sent, or that the browser refused to send, has failed.
#[derive(Clone, Default)]
pub struct Failure(ArcRwSignal<bool>);

impl Failure {
    /// Returns that of the page.
    #[must_use]
    pub fn expect() -> Self {
        expect_context()
    }

    pub fn set(&self, failed: bool) {
        // Only a change updates the title.
        if self.0.get_untracked() != failed {
            self.0.set(failed);
        }
    }

    /// The title of the browser's window.
    #[must_use]
    pub fn title(&self, page: &str) -> String {
        let title = if page.is_empty() { "Kith".to_owned() } else { format!("{page} · Kith") };
        if self.0.get() { text::form::error_title(&title) } else { title }
    }
}
