//! The modules of texts.

/// A module of texts.
///
/// The order is that of the texts in the browser, which receives the first [`Scope::count`] modules.
#[derive(Clone, Copy, Debug)]
pub enum Module {
    Accounts,
    Errors,
    Fields,
    Form,
    SignIn,
    Ui,
    Dates,
    Graph,
    Links,
    Profiles,
    Settings,
    Descriptions,
    ErrorResponses,
    Footer,
    Mail,
}

/// Which texts a page needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of the pages in the main file of the browser build.
    Main,
    /// Those of all pages.
    All,
}

impl Scope {
    /// How many modules it contains.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Main => Module::Dates as usize,
            Self::All => Module::Descriptions as usize,
        }
    }
}

/// What is between two texts on their way to the browser.
pub const SEPARATOR: &str = "\n";
