//! `POST /preferences`: the language and the colors of the pages in this browser.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::header::{COOKIE, REFERER, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use tower_sessions::Session;
use url::{Position, Url};

use crate::api::request::cookies::bound_sign_in;
use crate::domain::accounts;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::theme::Theme;
use crate::rest::form::BACK_FIELD;
use crate::rest::local_path::local_path;
use crate::rest::server::posted_form::PostedForm;
use crate::server::run::state::AppState;
use crate::text::error_responses;
use crate::text::language::Language;

/// Neither is a secret or proof of anything, so that they need no prefix.
const LANGUAGE: &str = "language";
const THEME: &str = "theme";
/// The longest lifetime that browsers allow (RFC 6265bis, section 5.5).
const LIFETIME: Duration = Duration::days(400);

/// Remembers the preferences in the form, and the language for the emails of a user who is signed in, too. Redirects
/// (303) to the page that the form was on.
///
/// # Errors
/// 422 `VALIDATION_FAILED` for a language that Kith does not speak, or an unknown theme.
pub async fn choose(
    State(state): State<AppState>,
    session: Session,
    headers: HeaderMap,
    Extension(form): Extension<Arc<PostedForm>>,
) -> Result<Response, ApiError> {
    let language = read(&form, LANGUAGE, Language::parse)?;
    let theme = read(&form, THEME, Theme::parse)?;
    let database = &state.context.database;
    if let Some(language) = language
        && let Some(sign_in) = bound_sign_in(database, &session).await?
    {
        accounts::language::set(database, sign_in, language).await?;
    }
    let chosen = [(LANGUAGE, language.map(Language::tag)), (THEME, theme.map(Theme::name))];
    let chosen = chosen.into_iter().filter_map(|(name, value)| Some(cookie(name, value?)));
    let cookies: Vec<_> = chosen.map(|cookie| cookie.map(|cookie| (SET_COOKIE, cookie))).collect::<Result<_, _>>()?;
    let back = referring_path(&headers).or_else(|| form.get(BACK_FIELD).map(ToOwned::to_owned));
    let back = back.as_deref().and_then(local_path).unwrap_or("/");
    Ok((AppendHeaders(cookies), Redirect::to(&without_language(back))).into_response())
}

/// Removes the language that the address of a page names, which would come before the one that was chosen.
fn without_language(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let kept: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("lang=")).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// The page that the form was on, which is not the one that the server rendered after the browser has navigated. Pages
/// whose address contains a token send none.
fn referring_path(headers: &HeaderMap) -> Option<String> {
    let page = Url::parse(headers.get(REFERER)?.to_str().ok()?).ok()?;
    Some(page[Position::BeforePath..Position::AfterQuery].to_owned())
}

/// Reads a field, which may be missing.
fn read<T>(form: &PostedForm, name: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
    let read = |value| parse(value).ok_or_else(|| ApiError::field(name, error_responses::invalid()));
    form.get(name).map(read).transpose()
}

fn cookie(name: &str, value: &str) -> Result<HeaderValue, ApiError> {
    let cookie = Cookie::build((name, value)).path("/").http_only(true).secure(true).same_site(SameSite::Lax);
    HeaderValue::from_str(&cookie.max_age(LIFETIME).to_string()).map_err(|_| ErrorCode::Internal.into())
}

/// The language that was chosen in this browser.
pub fn language(headers: &HeaderMap) -> Option<Language> {
    find(headers, LANGUAGE, Language::parse)
}

/// The theme that was chosen in this browser.
pub fn theme(headers: &HeaderMap) -> Theme {
    find(headers, THEME, Theme::parse).unwrap_or_default()
}

fn find<T>(headers: &HeaderMap, name: &str, parse: fn(&str) -> Option<T>) -> Option<T> {
    let headers = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    let mut cookies = headers.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == name).and_then(|cookie| parse(cookie.value()))
}
