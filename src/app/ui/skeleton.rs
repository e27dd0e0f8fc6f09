//! The placeholder for a list of users that is loading.

use leptos::prelude::*;

use crate::text;

/// A few rows without content.
#[component]
pub fn PeopleSkeleton() -> impl IntoView {
    let row = || {
        view! {
            <li>
                <span class="person">
                    <span class="skeleton avatar"></span>
                    <span>
                        <span class="skeleton"></span>
                        <span class="skeleton short"></span>
                    </span>
                </span>
            </li>
        }
    };
    view! {
        <p class="visually-hidden" role="status">
            {text::ui::loading()}
        </p>
        <ul class="people" aria-hidden="true">
            {[row(), row(), row()].into_view()}
        </ul>
    }
}
