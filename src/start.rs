//! Starts the application in the browser, on the markup that the server sent.

use std::panic;

use leptos::mount::hydrate_body;
use leptos::prelude::window;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Event;
use web_sys::console::error_1;

use crate::app::{App, chunks};
use crate::rest::browser::bearer;

/// Called by the page's own script. Everything that the page is made of has to be there before it is
/// hydrated; where it does not come, the page stays as the server sent it, and its links and forms work by
/// themselves.
#[wasm_bindgen]
pub async fn hydrate() {
    // The browser itself adds the trace.
    panic::set_hook(Box::new(|panic| error_1(&panic.to_string().into())));
    let is_signed_in = bearer::start();
    let path = window().location().pathname().unwrap_or_default();
    if chunks::fetch(&path, is_signed_in).await.is_ok() {
        hydrate_body(App);
        tell_hydrated();
    }
}

/// Lets go of a form that was sent while the application was loading (`app/hold_submit.js`).
fn tell_hydrated() {
    if let Ok(event) = Event::new("hydrated") {
        drop(window().dispatch_event(&event));
    }
}

// A function that does nothing; its name tells builds apart (`build.rs`).
include!(concat!(env!("OUT_DIR"), "/stamp.rs"));

/// Room among the data for what the splitter moves about: without it, all data of all pages would stay in
/// the first file (wasm-split-prototype#60). Nothing refers to it, so it goes into none.
#[used]
static ROOM: [u8; 16 * 1024] = [1; 16 * 1024];
