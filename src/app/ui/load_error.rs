//! Shown in place of content that failed to load.

use leptos::prelude::*;

use super::banner::{Banner, Kind};
use crate::model::error::ApiError;
use crate::text;

/// The error, and a link that tries again: through the application, or without JavaScript by reloading the page.
#[component]
pub fn LoadError(error: ApiError, retry: Callback<()>) -> impl IntoView {
    let try_again = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        retry.run(());
    };
    view! {
        <Banner kind=Kind::Error text=error.message.into_owned()>
            // An empty address is this page.
            <p class="actions">
                <a href="" rel="external" class="button quiet" on:click=try_again>
                    {text::ui::try_again()}
                </a>
            </p>
        </Banner>
    }
}
