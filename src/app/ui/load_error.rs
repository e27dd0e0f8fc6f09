//! What stands in place of what could not be read.

use leptos::prelude::*;

use super::banner::{Banner, Kind};
use crate::model::error::ApiError;
use crate::text;

/// The error, and another try: by the application, or by loading the page anew.
#[component]
pub fn LoadError(error: ApiError, retry: Callback<()>) -> impl IntoView {
    let again = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        retry.run(());
    };
    view! {
        <Banner kind=Kind::Error text=error.message.into_owned()>
            // An empty address is this page.
            <p class="actions">
                <a href="" rel="external" class="button quiet" on:click=again>
                    {text::ui::TRY_AGAIN}
                </a>
            </p>
        </Banner>
    }
}
