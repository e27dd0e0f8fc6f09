//! Where the texts are on the server: in the program.

use crate::text::language::Language;
use crate::text::module::{Module, SEPARATOR, Scope};
use crate::text::{
    accounts, dates, descriptions, error_responses, errors, fields, footer, form, graph, links, mail, profiles,
    settings, sign_in, ui,
};

impl Module {
    /// Those that are sent to the browser.
    const SENT: [Self; Scope::All.count()] = [
        Self::Accounts,
        Self::Errors,
        Self::Fields,
        Self::Form,
        Self::SignIn,
        Self::Ui,
        Self::Dates,
        Self::Graph,
        Self::Links,
        Self::Profiles,
        Self::Settings,
    ];

    const fn texts(self) -> &'static [&'static [&'static str]; 2] {
        match self {
            Self::Accounts => &accounts::TEXTS,
            Self::Dates => &dates::TEXTS,
            Self::Errors => &errors::TEXTS,
            Self::Fields => &fields::TEXTS,
            Self::Form => &form::TEXTS,
            Self::Graph => &graph::TEXTS,
            Self::Links => &links::TEXTS,
            Self::Profiles => &profiles::TEXTS,
            Self::Settings => &settings::TEXTS,
            Self::SignIn => &sign_in::TEXTS,
            Self::Ui => &ui::TEXTS,
            Self::Descriptions => &descriptions::TEXTS,
            Self::ErrorResponses => &error_responses::TEXTS,
            Self::Footer => &footer::TEXTS,
            Self::Mail => &mail::TEXTS,
        }
    }
}

/// Returns a text in the current language.
pub fn text(module: Module, index: usize) -> &'static str {
    module.texts()[Language::current() as usize][index]
}

/// The texts of a language, for the browser’s `install`.
pub fn for_browser(language: Language, scope: Scope) -> String {
    let modules = Module::SENT[..scope.count()].iter();
    let texts: Vec<_> = modules.flat_map(|module| module.texts()[language as usize]).copied().collect();
    texts.join(SEPARATOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_sent_in_their_order() {
        assert!(Module::SENT.iter().enumerate().all(|(position, module)| *module as usize == position));
    }

    #[test]
    fn no_text_is_empty_or_contains_the_separator() {
        for language in Language::ALL {
            let count: usize = Module::SENT.iter().map(|module| module.texts()[language as usize].len()).sum();
            let sent = for_browser(language, Scope::All);
            assert!(sent.starts_with(&for_browser(language, Scope::Main)));
            assert_eq!(sent.split(SEPARATOR).filter(|text| !text.is_empty()).count(), count);
            for texts in [&descriptions::TEXTS, &error_responses::TEXTS, &footer::TEXTS, &mail::TEXTS] {
                assert!(texts[language as usize].iter().all(|text| !text.is_empty()));
            }
        }
    }
}
