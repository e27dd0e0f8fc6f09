//! A message about the whole form or page.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::view::{Erase, Slot, reactive};

/// The kind of a banner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Error,
    Success,
    Info,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Success => "success",
            Self::Info => "info",
        }
    }

    /// The ARIA role: an `alert` interrupts screen readers, a `status` does not.
    const fn role(self) -> &'static str {
        match self {
            Self::Success => "status",
            Self::Error | Self::Info => "alert",
        }
    }
}

/// The message, and content such as the next step.
#[component]
pub fn Banner(kind: Kind, #[prop(into)] text: String, #[prop(optional)] children: Option<Slot>) -> impl IntoView {
    view! {
        <div class="banner" data-kind=kind.name() role=kind.role()>
            <p>{text}</p>
            {children.map(Slot::show)}
        </div>
    }
}

/// The error of an action, except field errors, which the fields show.
#[component]
pub fn ErrorBanner(#[prop(into)] error: Signal<Option<ApiError>>) -> impl IntoView {
    reactive(move || {
        error
            .get()
            .filter(|error| error.fields.is_empty())
            .map(|error| view! { <Banner kind=Kind::Error text=error.message.into_owned() /> }.erase())
    })
}

/// Says that an action succeeded, while `when` is true.
#[component]
pub fn SuccessBanner(
    #[prop(into)] when: Signal<bool>,
    text: &'static str,
    /// The next step.
    #[prop(optional)]
    note: Option<&'static str>,
) -> impl IntoView {
    reactive(move || when.get().then(|| view! { <Success text note /> }.erase()))
}

#[component]
fn Success(text: &'static str, #[prop(optional_no_strip)] note: Option<&'static str>) -> impl IntoView {
    view! {
        <Banner kind=Kind::Success text>
            {note.map(|note| view! { <p>{note}</p> })}
        </Banner>
    }
}
