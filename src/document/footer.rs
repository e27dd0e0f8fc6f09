//! The end of every page, with the choice of its language and colors. The browser build does not contain it: it never
//! changes.

use leptos::prelude::*;

use crate::model::theme::Theme;
use crate::rest::form::BACK_FIELD;
use crate::text;
use crate::text::language::Language;

/// The footer of the page at `path`.
pub fn footer(path: &str, theme: Theme) -> impl IntoView + use<> {
    view! {
        <footer class="site-footer">
            <p>{text::footer::meaning()}</p>
            <div class="preferences">{preferences(path, theme)}</div>
        </footer>
    }
}

/// Plain forms, which load the page again: its texts come from the server.
fn preferences(path: &str, theme: Theme) -> impl IntoView + use<> {
    let languages = Language::ALL.map(|language| Choice {
        value: language.tag(),
        label: language.name(),
        lang: Some(language.tag()),
        is_current: language == Language::current(),
    });
    let themes = Theme::ALL.map(|choice| Choice {
        value: choice.name(),
        label: match choice {
            Theme::System => text::footer::theme_system(),
            Theme::Light => text::footer::theme_light(),
            Theme::Dark => text::footer::theme_dark(),
        },
        lang: None,
        is_current: choice == theme,
    });
    (
        choices("language", text::footer::language(), &languages, path),
        choices("theme", text::footer::theme(), &themes, path),
    )
}

struct Choice {
    value: &'static str,
    label: &'static str,
    /// The language of the label, if it is not the page's.
    lang: Option<&'static str>,
    is_current: bool,
}

/// The form leads back to where the page was requested. A browser that has navigated since sends its current address
/// itself.
fn choices(name: &'static str, label: &'static str, choices: &[Choice], path: &str) -> impl IntoView + use<> {
    let button = |choice: &Choice| {
        let &Choice { value, label, lang, is_current } = choice;
        view! {
            <button name=name value=value lang=lang aria-current=is_current.then_some("true")>
                {label}
            </button>
        }
    };
    let buttons = choices.iter().map(button).collect_view();
    view! {
        <form method="post" action="/preferences">
            <input type="hidden" name=BACK_FIELD value=path.to_owned() />
            <div role="group" aria-label=label>
                {buttons}
            </div>
        </form>
    }
}
