//! The language and the colors of the pages, at their end.

use leptos::prelude::*;

use crate::app::form::form::current_path;
use crate::model::theme::Theme;
use crate::rest::form::BACK_FIELD;
use crate::text;
use crate::text::language::Language;
use crate::view::html_only;

/// Plain forms, which load the page again: its texts come from the server. Only the server renders them, so that the
/// browser needs no code for them.
#[component]
pub fn Preferences() -> impl IntoView {
    view! { <div class="preferences" inner_html=html_only(forms)></div> }
}

fn forms() -> impl IntoView {
    let current = use_context::<Theme>().unwrap_or_default();
    let languages = Language::ALL.map(|language| Choice {
        value: language.tag(),
        label: language.name(),
        lang: Some(language.tag()),
        is_current: language == Language::current(),
    });
    let themes = Theme::ALL.map(|theme| Choice {
        value: theme.name(),
        label: match theme {
            Theme::System => text::ui::theme_system(),
            Theme::Light => text::ui::theme_light(),
            Theme::Dark => text::ui::theme_dark(),
        },
        lang: None,
        is_current: theme == current,
    });
    (choices("language", text::ui::language(), &languages), choices("theme", text::ui::theme(), &themes))
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
fn choices(name: &'static str, label: &'static str, choices: &[Choice]) -> impl IntoView + use<> {
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
            <input type="hidden" name=BACK_FIELD value=current_path() />
            <div role="group" aria-label=label>
                {buttons}
            </div>
        </form>
    }
}
