//! Text of the header, the footer, the landing page and the error pages.

pub const HOME: &str = "Kith, home";
pub const SKIP: &str = "Skip to content";
pub const NAVIGATION: &str = "Main";
pub const FOOTER: &str = "Kith: friends and acquaintances.";
pub const LOADING: &str = "Loading…";
pub const TRY_AGAIN: &str = "Try again";
pub const NOT_FOUND_TITLE: &str = "Page not found";
pub const NOT_FOUND: &str = "There is nothing here";
pub const NOT_FOUND_WHY: &str = "The link may be wrong, or the page has moved.";
pub const TO_START: &str = "Go to the home page";
pub const UNAVAILABLE_TITLE: &str = "Back in a moment";
pub const UNAVAILABLE: &str = "We’ll be back in a moment";
pub const UNAVAILABLE_WHY: &str = "Something went wrong on our end. Your data is safe. Please try again.";
pub const WORD: &str = "kith";
pub const WORD_CLASS: &str = "noun";
pub const WORD_MEANING: &str = " · friends and acquaintances";
pub const LANDING: &str = "Your people, in one calm place.";
pub const LANDING_LEAD: &str = "Kith is the social network for your friends and acquaintances: make a profile, follow the people you know, and stay in touch.";
pub const TO_TIMELINE: &str = "Go to your timeline";
