//! The end of every page, with the choice of its language and colors. The browser build does not contain it: it never
//! changes. So it is a template, which costs less than a view.

use askama::Template;
use leptos::html::footer as footer_element;
use leptos::prelude::*;

use crate::model::theme::Theme;
use crate::text;
use crate::text::language::Language;

#[derive(Template)]
#[template(path = "footer.html")]
struct Footer<'a> {
    meaning: &'static str,
    /// Plain forms, which load the page again: its texts come from the server. They lead back to where the page was
    /// requested. A browser that has navigated since sends its current address itself.
    forms: [PreferenceForm; 2],
    path: &'a str,
}

struct PreferenceForm {
    name: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
}

struct Choice {
    value: &'static str,
    label: &'static str,
    /// The language of the label, if it is not the page's.
    lang: Option<&'static str>,
    is_current: bool,
}

/// The footer of the page at `path`.
pub fn footer(path: &str, theme: Theme) -> impl IntoView + use<> {
    let forms = [
        PreferenceForm { name: "language", label: text::footer::language(), choices: languages() },
        PreferenceForm { name: "theme", label: text::footer::theme(), choices: themes(theme) },
    ];
    let content = Footer { meaning: text::footer::meaning(), forms, path }.to_string();
    footer_element().class("site-footer").inner_html(content)
}

fn languages() -> Vec<Choice> {
    let choice = |language: Language| Choice {
        value: language.tag(),
        label: language.name(),
        lang: Some(language.tag()),
        is_current: language == Language::current(),
    };
    Language::ALL.map(choice).into()
}

fn themes(theme: Theme) -> Vec<Choice> {
    let choice = |choice: Theme| Choice {
        value: choice.name(),
        label: match choice {
            Theme::System => text::footer::theme_system(),
            Theme::Light => text::footer::theme_light(),
            Theme::Dark => text::footer::theme_dark(),
        },
        lang: None,
        is_current: choice == theme,
    };
    Theme::ALL.map(choice).into()
}
