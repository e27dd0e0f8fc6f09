//! Where the texts are: on the server in the program, in the browser in what the server sent with the page.

/// A module of texts.
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
    // Not sent to browsers.
    #[cfg(feature = "ssr")]
    Descriptions,
    #[cfg(feature = "ssr")]
    ErrorResponses,
    #[cfg(feature = "ssr")]
    Mail,
}

/// What is between two texts on their way to the browser.
const SEPARATOR: &str = "\n";

/// Replaces each `{name}` with its value. With a number `n`, and two forms separated by ` | `, the first is for 1 and the
/// second for all others, which is the rule of both languages (CLDR, cardinal).
pub fn fill(text: &str, arguments: &[(&str, &str)]) -> String {
    let form = match (arguments.iter().find(|(name, _)| *name == "n"), text.split_once(" | ")) {
        (Some((_, "1")), Some((one, _))) => one,
        (Some(_), Some((_, other))) => other,
        _ => text,
    };
    let mut filled = String::with_capacity(form.len() + 16);
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(arguments.iter().find(|(argument, _)| *argument == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(feature = "ssr")]
pub use server::{for_browser, text};

#[cfg(feature = "ssr")]
mod server {
    use super::{Module, SEPARATOR};
    use crate::text::language::Language;
    use crate::text::{
        accounts, dates, descriptions, error_responses, errors, fields, form, graph, mail, profiles, settings, sign_in,
        ui,
    };

    impl Module {
        /// In the order in which the browser finds them.
        const ALL: [Self; 10] = [
            Self::Accounts,
            Self::Dates,
            Self::Errors,
            Self::Fields,
            Self::Form,
            Self::Graph,
            Self::Profiles,
            Self::Settings,
            Self::SignIn,
            Self::Ui,
        ];

        const fn texts(self) -> &'static [&'static [&'static str]; 2] {
            match self {
                Self::Accounts => &accounts::TEXTS,
                Self::Dates => &dates::TEXTS,
                Self::Errors => &errors::TEXTS,
                Self::Fields => &fields::TEXTS,
                Self::Form => &form::TEXTS,
                Self::Graph => &graph::TEXTS,
                Self::Profiles => &profiles::TEXTS,
                Self::Settings => &settings::TEXTS,
                Self::SignIn => &sign_in::TEXTS,
                Self::Ui => &ui::TEXTS,
                Self::Descriptions => &descriptions::TEXTS,
                Self::ErrorResponses => &error_responses::TEXTS,
                Self::Mail => &mail::TEXTS,
            }
        }
    }

    /// Returns a text in the current language.
    pub fn text(module: Module, index: usize) -> &'static str {
        module.texts()[Language::current() as usize][index]
    }

    /// All texts of a language, for [`install`](super::install).
    pub fn for_browser(language: Language) -> String {
        let texts: Vec<_> = Module::ALL.iter().flat_map(|module| module.texts()[language as usize]).copied().collect();
        texts.join(SEPARATOR)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn no_text_is_empty_or_contains_the_separator() {
            for language in Language::ALL {
                let count: usize = Module::ALL.iter().map(|module| module.texts()[language as usize].len()).sum();
                let sent = for_browser(language);
                assert_eq!(sent.split(SEPARATOR).filter(|text| !text.is_empty()).count(), count);
                for texts in [&descriptions::TEXTS, &error_responses::TEXTS, &mail::TEXTS] {
                    assert!(texts[language as usize].iter().all(|text| !text.is_empty()));
                }
            }
        }
    }
}

#[cfg(feature = "hydrate")]
pub use browser::{install, text};

#[cfg(feature = "hydrate")]
mod browser {
    use std::sync::OnceLock;

    use super::{Module, SEPARATOR};
    use crate::text::{accounts, dates, errors, fields, form, graph, profiles, settings, sign_in, ui};

    static TEXTS: OnceLock<Vec<&'static str>> = OnceLock::new();

    /// How many texts each module has, in the order in which the server sends them.
    const COUNTS: [usize; 10] = [
        accounts::COUNT,
        dates::COUNT,
        errors::COUNT,
        fields::COUNT,
        form::COUNT,
        graph::COUNT,
        profiles::COUNT,
        settings::COUNT,
        sign_in::COUNT,
        ui::COUNT,
    ];

    /// The position of the first text of each module.
    const FIRST: [usize; COUNTS.len()] = {
        let (mut first, mut module) = ([0; COUNTS.len()], 1);
        while module < COUNTS.len() {
            first[module] = first[module - 1] + COUNTS[module - 1];
            module += 1;
        }
        first
    };

    /// Keeps the texts that the server sent, for as long as the page is open.
    pub fn install(texts: String) {
        TEXTS.get_or_init(|| texts.leak().split(SEPARATOR).collect());
    }

    /// Returns a text.
    #[inline]
    pub fn text(module: Module, index: usize) -> &'static str {
        at(FIRST[module as usize] + index)
    }

    #[inline(never)]
    fn at(position: usize) -> &'static str {
        TEXTS.get().and_then(|texts| texts.get(position)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_replace_their_names_and_numbers_choose_the_form() {
        assert_eq!(
            fill("{name} folgt {other} nicht", &[("name", "Ann"), ("other", "{name}")]),
            "Ann folgt {name} nicht"
        );
        for (n, text) in [("0", "0 letters"), ("1", "1 letter"), ("2", "2 letters"), ("11", "11 letters")] {
            assert_eq!(fill("{n} letter | {n} letters", &[("n", n)]), text);
        }
        assert_eq!(fill("a | b", &[("name", "1")]), "a | b");
    }
}
