//! The modules of texts.

/// A module of texts. The last three are not sent to browsers.
#[derive(Clone, Copy, Debug)]
pub enum Module {
    Accounts,
    Dates,
    Errors,
    Fields,
    Form,
    Graph,
    Profiles,
    Settings,
    SignIn,
    Ui,
    Descriptions,
    ErrorResponses,
    Mail,
}

/// What is between two texts on their way to the browser.
pub const SEPARATOR: &str = "\n";
