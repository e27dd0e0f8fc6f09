//! Where the texts are in the browser: in what the server sent with the page.

use std::cell::Cell;

use crate::text::module::{Module, SEPARATOR, Scope};
use crate::text::{accounts, dates, errors, fields, form, graph, links, profiles, settings, sign_in, ui};

/// How many texts each module has, in the order in which the server sends them.
const COUNTS: [usize; Scope::All.count()] = [
    accounts::TEXTS[0].len(),
    errors::TEXTS[0].len(),
    fields::TEXTS[0].len(),
    form::TEXTS[0].len(),
    sign_in::TEXTS[0].len(),
    ui::TEXTS[0].len(),
    dates::TEXTS[0].len(),
    graph::TEXTS[0].len(),
    links::TEXTS[0].len(),
    profiles::TEXTS[0].len(),
    settings::TEXTS[0].len(),
];

/// The position of the first text of each module, and at last the number of all texts.
const FIRST: [usize; COUNTS.len() + 1] = {
    let (mut first, mut module) = ([0; COUNTS.len() + 1], 0);
    while module < COUNTS.len() {
        first[module + 1] = first[module] + COUNTS[module];
        module += 1;
    }
    first
};

thread_local! {
    static TEXTS: Cell<&'static [&'static str]> = const { Cell::new(&[]) };
}

/// Keeps the texts that the server sent, for as long as the page is open.
pub fn install(texts: String) {
    TEXTS.set(texts.leak().split(SEPARATOR).collect::<Vec<_>>().leak());
}

/// Returns whether the texts of a scope are here.
pub fn has(scope: Scope) -> bool {
    TEXTS.get().len() >= FIRST[scope.count()]
}

/// Returns a text.
#[expect(clippy::inline_always, reason = "smaller where it is used")]
#[inline(always)]
pub fn text(module: Module, index: usize) -> &'static str {
    at(FIRST[module as usize] + index)
}

/// Returns a reference to the text, since a reference to a reference is smaller where it is used.
#[inline(never)]
fn at(position: usize) -> &'static &'static str {
    TEXTS.get().get(position).unwrap_or(&"")
}
