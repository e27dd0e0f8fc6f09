//! The place in a list of people, which the way back leads to.

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::{Element, MouseEvent};

use super::person_row::Entry;
use super::relations::Graph;
use crate::app::ui::focus::focus;

/// The state of an entry of the browser's history that leads to a list.
const MARK: &str = "list";

/// A list as it was when a person in it was opened.
#[derive(Clone)]
pub struct ListPlace {
    /// The path and query of the page.
    path: String,
    pub entries: Vec<Entry>,
    pub cursor: Option<String>,
    scroll: f64,
    /// The selector of the link that was followed.
    link: String,
}

impl ListPlace {
    /// Keeps the place of a click in the list with the element id `list`, before the browser follows a link there.
    pub fn keep(click: &MouseEvent, list: &str, path: String, entries: Vec<Entry>, cursor: Option<String>) {
        let target = click.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(name) = target
            .and_then(|target| target.closest("a.person").ok()?)
            .and_then(|link| link.query_selector("b").ok()?)
        else {
            return;
        };
        let link = format!("#{list} a.person:has([id='{}'])", name.id());
        let scroll = window().scroll_y().unwrap_or_default();
        Graph::expect().keep_place(Self { path, entries, cursor, scroll, link });
        if let Ok(history) = window().history() {
            drop(history.replace_state_with_url(&JsValue::from_str(MARK), "", None));
        }
    }

    /// Returns the place on the page at `path`, if the way back has led here.
    pub fn find(path: &str) -> Option<Self> {
        let state = window().history().and_then(|history| history.state()).ok()?;
        if state.as_string().as_deref() != Some(MARK) {
            return None;
        }
        Graph::expect().place().filter(|place| place.path == path)
    }

    /// Scrolls there, and moves the focus to the link that was followed, once the list is complete.
    pub fn show(self) {
        let Self { scroll, link, .. } = self;
        request_animation_frame(move || {
            window().scroll_to_with_x_and_y(0.0, scroll);
            focus(link);
        });
    }
}
