//! The product name as a drawing.

use leptos::prelude::*;

use crate::text;

#[component]
pub fn Wordmark() -> impl IntoView {
    view! {
        <a class="wordmark" href="/" aria-label=text::ui::home()>
            <svg viewBox="3 0 79 32" width="69" height="28" aria-hidden="true">
                <path d="M6.5 5v22" stroke-width="7"></path>
                <path
                    class="leaf"
                    d="M12.3 15.4a13.4 13.4 0 0 1 13.4-13.4h1.3a2 2 0 0 1 2 2 11.4 11.4 0 0 1-11.4 11.4zM12.3 16.6h5.3a11.4 11.4 0 0 1 11.4 11.4 2 2 0 0 1-2 2h-1.3a13.4 13.4 0 0 1-13.4-13.4z"
                ></path>
                <path d="M38.5 15.5v11.8M50.5 7v15.3a5 5 0 0 0 5 5h.5M46.7 13.5h9.3M66 5v22.3M66 20a6.5 6.5 0 0 1 13 0v7.3"></path>
                <circle class="leaf" cx="38.5" cy="6" r="3.4"></circle>
            </svg>
        </a>
    }
}
