//! Starts the application in the browser by hydrating the page that the server rendered.

use std::panic;

use leptos::mount::hydrate_body;
use leptos::prelude::window;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Event;
use web_sys::console::error_1;

use crate::app::{App, chunks};
use crate::rest::browser::bearer;

/// Called by the page's script. All chunks of a page must be loaded before it is hydrated. If one fails to load,
/// the page stays as the server rendered it, and its links and forms work without the application.
#[wasm_bindgen]
pub async fn hydrate() {
    // The browser adds the stack trace.
    panic::set_hook(Box::new(|panic| error_1(&panic.to_string().into())));
    let is_signed_in = bearer::start();
    let path = window().location().pathname().unwrap_or_default();
    if chunks::fetch(&path, is_signed_in).await.is_some() {
        hydrate_body(App);
        dispatch_hydrated();
    }
}

/// Releases a form that was submitted while the application was loading (`document/hold_submit.js`).
fn dispatch_hydrated() {
    if let Ok(event) = Event::new("hydrated") {
        drop(window().dispatch_event(&event));
    }
}

// An empty function whose name is different in every build (`build.rs`).
include!(concat!(env!("OUT_DIR"), "/stamp.rs"));

/// Padding that gives the splitter space to move data. Without it, the data of all pages would stay in the first
/// file (wasm-split-prototype#60). Nothing refers to it, so it ends up in no file.
#[used]
static PADDING: [u8; 16 * 1024] = [1; 16 * 1024];
