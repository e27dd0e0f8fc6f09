//! Renders pages that are the same for all visitors once, instead of for each request.

use std::sync::OnceLock;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::headers::page_policy;
use crate::base::random;
use crate::model::error::{ApiError, ErrorCode};
use crate::server::run::state::AppState;
use crate::text::language::Language;

/// The pages, which load no data. They also show nothing of the request, unless it has a query or cookies.
const PATHS: [&str; 4] = ["/", "/login", "/register", "/forgot-password"];
/// More than the largest page, in bytes.
const SIZE_MAX: usize = 1 << 20;
/// The size of a nonce, in bytes.
const NONCE_SIZE: usize = 16;

/// The pages that were requested before.
#[derive(Debug, Default)]
pub struct VisitorPages([[OnceLock<Rendered>; PATHS.len()]; Language::ALL.len()]);

/// A rendered page, in which only the nonce changes.
#[derive(Debug)]
struct Rendered {
    headers: HeaderMap,
    /// What is between the occurrences of the nonce.
    parts: Vec<String>,
    route: Option<MatchedPath>,
}

/// Responds with a page that was rendered for an earlier request, and a new nonce.
pub async fn render_once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_plain =
        request.method() == Method::GET && request.uri().query().is_none() && !request.headers().contains_key(COOKIE);
    let path = request.uri().path();
    let Some(index) = is_plain.then(|| PATHS.iter().position(|page| *page == path)).flatten() else {
        return next.run(request).await;
    };
    let language: Language = request.extensions().get().copied().unwrap_or_default();
    let pages = &state.visitor_pages.0[language as usize];
    if let Some(page) = pages[index].get() {
        return page.respond().unwrap_or_else(IntoResponse::into_response);
    }
    let (response, page) = Rendered::read(next.run(request).await).await;
    if let Some(page) = page {
        pages[index].get_or_init(|| page);
    }
    response
}

impl Rendered {
    /// Reads a page that was just rendered. Errors are not kept, nor is a page that sets a cookie: that is for one
    /// visitor.
    async fn read(response: Response) -> (Response, Option<Self>) {
        let is_for_all = response.status() == StatusCode::OK && !response.headers().contains_key(SET_COOKIE);
        let nonce = nonce(response.headers()).filter(|_| is_for_all).map(ToOwned::to_owned);
        let Some(nonce) = nonce else { return (response, None) };
        let (head, body) = response.into_parts();
        let Ok(body) = to_bytes(body, SIZE_MAX).await else {
            return (ApiError::from(ErrorCode::Internal).into_response(), None);
        };
        let page = str::from_utf8(&body).ok().map(|text| {
            let mut headers = head.headers.clone();
            headers.remove(CONTENT_LENGTH);
            Self {
                headers,
                parts: text.split(&nonce).map(ToOwned::to_owned).collect(),
                route: head.extensions.get().cloned(),
            }
        });
        (Response::from_parts(head, Body::from(body)), page)
    }

    fn respond(&self) -> Result<Response, ApiError> {
        let mut bytes = [0; NONCE_SIZE];
        random::fill(&mut bytes)?;
        let nonce = random::encode(&bytes);
        let mut response = Response::new(Body::from(self.parts.join(&nonce)));
        response.headers_mut().clone_from(&self.headers);
        let policy = HeaderValue::try_from(page_policy(&nonce)).map_err(|_| ErrorCode::Internal)?;
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        // For the log line and the metrics.
        self.route.clone().map(|route| response.extensions_mut().insert(route));
        Ok(response)
    }
}

/// Returns the nonce in the policy of a page.
fn nonce(headers: &HeaderMap) -> Option<&str> {
    let (_, rest) = headers.get(CONTENT_SECURITY_POLICY)?.to_str().ok()?.split_once("'nonce-")?;
    rest.split_once('\'').map(|(nonce, _)| nonce)
}
