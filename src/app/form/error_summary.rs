//! What is wrong with a form, if it is more than one field.

use leptos::prelude::*;

use super::form_state::{FormInput, FormState};
use crate::text;
use crate::view::{Erase, Erased, reactive};

/// Takes the focus when the form has failed, and leads to each invalid field
/// ([GOV.UK Design System](https://design-system.service.gov.uk/components/error-summary/)).
#[component]
pub fn ErrorSummary() -> impl IntoView {
    let state = FormState::expect();
    reactive(move || {
        let inputs = state.summary();
        (inputs.len() > 1).then(|| show(&inputs, !state.hydrated.get_untracked()))
    })
}

/// The browser has focused one that came with the page ([`FormState::lead_to_errors`] the others).
fn show(inputs: &[FormInput], came_with_page: bool) -> Erased {
    let id = inputs.first().map(|input| format!("{}-summary", input.id));
    // The router would not move the focus.
    let link = |input: &FormInput| {
        let (field, error) = (format!("#{}", input.id), format!("{}-error", input.id));
        view! {
            <a href=field rel="external" aria-describedby=error>
                {input.label}
            </a>
        }
        .erase()
    };
    view! {
        <div class="banner" data-kind="error" role="alert" tabindex="-1" autofocus=came_with_page id=id>
            <p>{text::form::problems(&inputs.len().to_string())}</p>
            <p>{inputs.iter().map(link).collect_view()}</p>
        </div>
    }
    .erase()
}
