//! The access token, in the memory of the page alone (USER-FE-002.1-S1), and how to get a new one.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use http::Method;
use js_sys::Promise;
use leptos::prelude::document;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::fetch::{fetch, internal};
use crate::model::sign_in::{AccessToken, SignedOut};
use crate::rest::error::status;
use crate::rest::json;

/// Milliseconds before its expiry at which a token counts as spent.
const MARGIN_MS: f64 = 30_000.0;

#[derive(Default)]
struct TokenCell {
    token: Option<(Rc<str>, f64)>,
    /// Whether the refresh cookie is worth a try.
    signed_in: bool,
    refreshing: Option<Promise>,
}

thread_local! {
    static HELD: RefCell<TokenCell> = RefCell::default();
}

/// Learns from the document whether the server knew the person, so that visitors cause no refused
/// requests. Returns it.
#[must_use]
pub fn start() -> bool {
    let signed_in = document().document_element().is_some_and(|html| html.has_attribute("data-signed-in"));
    HELD.with_borrow_mut(|held| held.signed_in = signed_in);
    signed_in
}

/// Keeps the token of a sign-in or a refresh.
pub fn store(token: &AccessToken) {
    let expires_at = js_sys::Date::now() + f64::from(token.expires_in) * 1000.0;
    HELD.with_borrow_mut(|held| {
        held.token = Some((token.access_token.as_str().into(), expires_at));
        held.signed_in = true;
    });
}

/// Keeps the token that an operation answered with, and forgets the one of a sign-in that has ended: what an answer
/// means for tokens is told by its type.
pub fn store_tokens<T: 'static>(output: &T) {
    let output: &dyn Any = output;
    if let Some(token) = output.downcast_ref() {
        store(token);
    } else if output.is::<SignedOut>() {
        forget();
    }
}

/// Forgets the token, because the person signed out or the server says that the sign-in has ended.
pub fn forget() {
    HELD.with_borrow_mut(|held| *held = TokenCell::default());
}

/// Drops a token that the server refused, so that the next call asks for a new one.
pub fn discard() {
    HELD.with_borrow_mut(|held| held.token = None);
}

/// A good token, fetched with the refresh cookie if need be; `None` for visitors. Calls at the same
/// time share one refresh.
pub async fn current() -> Option<Rc<str>> {
    if let Some(token) = valid_token() {
        return Some(token);
    }
    let refresh = HELD.with_borrow_mut(|held| {
        held.signed_in.then(|| held.refreshing.get_or_insert_with(|| future_to_promise(refresh())).clone())
    })?;
    drop(JsFuture::from(refresh).await);
    valid_token()
}

fn valid_token() -> Option<Rc<str>> {
    HELD.with_borrow(|held| {
        let (token, expires_at) = held.token.as_ref()?;
        (js_sys::Date::now() < expires_at - MARGIN_MS).then(|| token.clone())
    })
}

async fn refresh() -> Result<JsValue, JsValue> {
    let answer = fetch(&Method::POST, "/auth/refresh", Some("{}"), None).await;
    HELD.with_borrow_mut(|held| held.refreshing = None);
    match answer.and_then(|answer| json::from_str(&answer).map_err(internal)) {
        Ok(token) => store(&token),
        // Anything else may pass: the cookie is still there for the next call.
        Err(error) if status(error.code) == 401 => forget(),
        Err(_) => {}
    }
    Ok(JsValue::UNDEFINED)
}
