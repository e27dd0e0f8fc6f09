//! A section of a settings page.

use leptos::prelude::*;

use crate::app::ui::focus::focus;
use crate::view::Slot;

/// A card with a heading. `id` is the fragment that form posts return to.
#[component]
pub fn SettingsSection(id: &'static str, title: &'static str, children: Slot) -> impl IntoView {
    let title_id = [id, "-title"].concat();
    view! {
        <section class="card" id=id aria-labelledby=title_id.clone()>
            <h2 id=title_id.clone() tabindex="-1">
                {title}
            </h2>
            {children.show()}
        </section>
    }
}

/// Moves the focus to the heading of the section `id`, for example when the focused button is removed.
pub fn focus_heading(id: &str) {
    focus(["#", id, "-title"].concat());
}
