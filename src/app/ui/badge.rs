//! The symbol at the top of a card that reports a state.

use leptos::prelude::*;

/// The subject of the card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    Mail,
    Ok,
    BrokenLink,
    People,
    Lost,
}

impl Symbol {
    const fn path(self) -> &'static str {
        match self {
            Self::Mail => "M3.5 6.5h17v12h-17zM4 7l8 6.5L20 7",
            Self::Ok => "m5 12.5 4.5 4.5L19 7.5",
            Self::BrokenLink => {
                "M10 14a4 4 0 0 0 6 .5l3-3a4.2 4.2 0 0 0-6-6M14 10a4 4 0 0 0-6-.5l-3 3a4.2 4.2 0 0 0 6 6M4 4l16 16"
            }
            Self::People => {
                "M4 20a5 5 0 0 1 10 0M9 11.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4M16 20h4a4.5 4.5 0 0 0-5-4.5M15.5 \
                 11a2.7 2.7 0 1 0 0-5.4"
            }
            Self::Lost => {
                "M12 3.5a6 6 0 0 1 6 6c0 4.5-6 11-6 11s-6-6.5-6-11a6 6 0 0 1 6-6zM10.5 8.5a1.7 1.7 0 1 1 2 1.7c-.4.1-.5.4\
                 -.5.8M12 13.5v.010"
            }
        }
    }
}

#[component]
pub fn Badge(symbol: Symbol) -> impl IntoView {
    view! {
        <div class="badge" data-kind=(symbol == Symbol::BrokenLink).then_some("error") aria-hidden="true">
            <svg viewBox="0 0 24 24">
                <path d=symbol.path()></path>
            </svg>
        </div>
    }
}
