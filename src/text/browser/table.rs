//! Where the texts are in the browser: in what the server sent with the page.

use std::sync::OnceLock;

use crate::text::module::{Module, SEPARATOR};
use crate::text::{accounts, dates, errors, fields, form, graph, profiles, settings, sign_in, ui};

static TEXTS: OnceLock<Vec<&'static str>> = OnceLock::new();

/// How many texts each module has, in the order in which the server sends them.
const COUNTS: [usize; 10] = [
    accounts::TEXTS[0].len(),
    dates::TEXTS[0].len(),
    errors::TEXTS[0].len(),
    fields::TEXTS[0].len(),
    form::TEXTS[0].len(),
    graph::TEXTS[0].len(),
    profiles::TEXTS[0].len(),
    settings::TEXTS[0].len(),
    sign_in::TEXTS[0].len(),
    ui::TEXTS[0].len(),
];

/// The position of the first text of each module.
const FIRST: [usize; COUNTS.len()] = {
    let (mut first, mut module) = ([0; COUNTS.len()], 1);
    while module < COUNTS.len() {
        first[module] = first[module - 1] + COUNTS[module - 1];
        module += 1;
    }
    first
};

/// Keeps the texts that the server sent, for as long as the page is open.
pub fn install(texts: String) {
    TEXTS.get_or_init(|| texts.leak().split(SEPARATOR).collect());
}

/// Returns a text.
#[inline]
pub fn text(module: Module, index: usize) -> &'static str {
    at(FIRST[module as usize] + index)
}

#[inline(never)]
fn at(position: usize) -> &'static str {
    TEXTS.get().and_then(|texts| texts.get(position)).copied().unwrap_or_default()
}
