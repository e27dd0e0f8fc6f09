//! The language and the colors of the pages, at their end.

use leptos::prelude::*;

/// Plain forms, which load the page again: its texts come from the server. Only the server renders them, so that the
/// browser needs no code for them.
#[component]
pub fn Preferences() -> impl IntoView {
    view! { <div class="preferences" inner_html=html()></div> }
}

#[cfg(feature = "hydrate")]
const fn html() -> String {
    String::new()
}

#[cfg(feature = "ssr")]
fn html() -> String {
    use crate::app::form::form::current_path;
    use crate::model::theme::Theme;
    use crate::text;
    use crate::text::language::Language;

    let languages = Language::ALL.map(|language| server::Choice {
        value: language.tag(),
        label: language.name(),
        lang: Some(language.tag()),
        is_current: language == Language::current(),
    });
    let themes = Theme::ALL.map(|theme| server::Choice {
        value: theme.name(),
        label: match theme {
            Theme::System => text::ui::theme_system(),
            Theme::Light => text::ui::theme_light(),
            Theme::Dark => text::ui::theme_dark(),
        },
        lang: None,
        is_current: theme == Theme::current(),
    });
    let back = current_path();
    let languages = server::choices("language", text::ui::language(), &languages, &back);
    (languages, server::choices("theme", text::ui::theme(), &themes, &back)).to_html()
}

#[cfg(feature = "ssr")]
mod server {
    use leptos::prelude::*;

    use crate::rest::form::BACK_FIELD;

    pub struct Choice {
        pub value: &'static str,
        pub label: &'static str,
        /// The language of the label, if it is not the page's.
        pub lang: Option<&'static str>,
        pub is_current: bool,
    }

    /// `back` is where the page was requested. A browser that has navigated since sends its current address itself.
    pub fn choices(name: &'static str, label: &'static str, choices: &[Choice], back: &str) -> impl IntoView + use<> {
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
                <input type="hidden" name=BACK_FIELD value=back.to_owned() />
                <div role="group" aria-label=label>
                    {buttons}
                </div>
            </form>
        }
    }
}
