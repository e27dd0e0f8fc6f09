//! Keeps the access token, in page memory only (USER-FE-002.1-S1), and refreshes it.

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

/// A token is replaced this many milliseconds before it expires.
const MARGIN_MS: f64 = 30_000.0;

#[derive(Default)]
struct TokenCell {
    token: Option<(Rc<str>, f64)>,
    /// Whether to try a refresh: visitors have no refresh cookie.
    signed_in: bool,
    refreshing: Option<Promise>,
}

thread_local! {
    static CELL: RefCell<TokenCell> = RefCell::default();
}

/// Reads from the document whether the server knew the user, and returns it. This way visitors send no refresh
/// requests that would be rejected.
#[must_use]
pub fn start() -> bool {
    let signed_in = document().document_element().is_some_and(|html| html.has_attribute("data-signed-in"));
    CELL.with_borrow_mut(|cell| cell.signed_in = signed_in);
    signed_in
}

/// Stores the token of a sign-in or a refresh.
pub fn store(token: &AccessToken) {
    let expires_at = js_sys::Date::now() + f64::from(token.expires_in) * 1000.0;
    CELL.with_borrow_mut(|cell| {
        cell.token = Some((token.access_token.as_str().into(), expires_at));
        cell.signed_in = true;
    });
}

/// Stores the token that an operation returned, or clears it after a sign-out. The type of `output` tells which.
pub fn store_tokens<T: 'static>(output: &T) {
    let output: &dyn Any = output;
    if let Some(token) = output.downcast_ref() {
        store(token);
    } else if output.is::<SignedOut>() {
        clear();
    }
}

/// Clears the token after a sign-out, or when the server reports that the sign-in has ended.
pub fn clear() {
    CELL.with_borrow_mut(|cell| *cell = TokenCell::default());
}

/// Drops a token that the server rejected, so that the next call gets a new one.
pub fn discard() {
    CELL.with_borrow_mut(|cell| cell.token = None);
}

/// Returns a valid token, refreshed with the cookie if necessary, or `None` for visitors. Concurrent calls share one
/// refresh.
pub async fn current() -> Option<Rc<str>> {
    if let Some(token) = valid_token() {
        return Some(token);
    }
    let refresh = CELL.with_borrow_mut(|cell| {
        cell.signed_in.then(|| cell.refreshing.get_or_insert_with(|| future_to_promise(refresh())).clone())
    })?;
    drop(JsFuture::from(refresh).await);
    valid_token()
}

fn valid_token() -> Option<Rc<str>> {
    CELL.with_borrow(|cell| {
        let (token, expires_at) = cell.token.as_ref()?;
        (js_sys::Date::now() < expires_at - MARGIN_MS).then(|| token.clone())
    })
}

async fn refresh() -> Result<JsValue, JsValue> {
    let response = fetch(&Method::POST, "/auth/refresh", Some("{}"), None).await;
    CELL.with_borrow_mut(|cell| cell.refreshing = None);
    match response.and_then(|response| json::from_str(&response).map_err(internal)) {
        Ok(token) => store(&token),
        // Other errors may be temporary. The next call tries the cookie again.
        Err(error) if status(error.code) == 401 => clear(),
        Err(_) => {}
    }
    Ok(JsValue::UNDEFINED)
}
