//! Plain HTML form posts: sets the real method before routing, and redirects to a page after the operation.

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Redirect, Response};
use futures::future::BoxFuture;
use http::Method;
use http::header::SET_COOKIE;
use http::request::Parts;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::flash::Flashes;
use super::media_type::{FORM, MULTIPART, media_type};
use super::mount::Mounted;
use super::pairs::parse_pairs;
use super::posted_form::PostedForm;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::form::{BACK_FIELD, Fields as Values, Flash, METHOD_FIELD, NEXT_FIELD};
use crate::rest::local_path::local_path;

/// Longest value that a form shows again, in bytes.
const VALUE_MAX: usize = 2048;
/// The same for all values of a form together.
const VALUES_MAX: usize = 3072;

/// Reads plain HTML forms and replaces POST with the method that the field `_method` names. A form that sends a file
/// names it in the query, since its body is too large to search. To be called before the router.
///
/// # Errors
/// Those of [`PostedForm::read`]; `METHOD_NOT_ALLOWED` for a method that no operation has.
pub async fn read_form(flashes: &Flashes, mut parts: Parts, mut body: Body) -> Result<Request, ApiError> {
    let mut method_name = None;
    match media_type(&parts.headers).as_deref() {
        Some(FORM) if !matches!(parts.method, Method::GET | Method::HEAD) => {
            let form = PostedForm::read(&parts.headers, body).await?;
            method_name = form.get(METHOD_FIELD).map(ToOwned::to_owned);
            parts.extensions.insert(form);
            parts.extensions.insert(flashes.clone());
            body = Body::empty();
        }
        Some(MULTIPART) => {
            let (fields, _) = parse_pairs(parts.uri.query().unwrap_or_default().as_bytes());
            method_name = fields.into_iter().find(|(name, _)| name == METHOD_FIELD).map(|(_, value)| value);
            parts.extensions.insert(flashes.clone());
        }
        _ => {}
    }
    if parts.method == Method::POST {
        parts.method = match method_name.as_deref() {
            None => Method::POST,
            Some("PUT") => Method::PUT,
            Some("PATCH") => Method::PATCH,
            Some("DELETE") => Method::DELETE,
            Some(_) => return Err(ErrorCode::MethodNotAllowed.into()),
        };
    }
    Ok(Request::from_parts(parts, body))
}

/// Limits plain HTML form posts, since the outcome of each is stored in the database. The application provides one in
/// the context.
#[derive(Clone, Copy)]
pub struct FormThrottle(pub fn() -> BoxFuture<'static, Result<(), ApiError>>);

/// A request that a browser sent from a `<form>` without JavaScript. The response is a redirect to a page.
pub struct FormPost {
    operation: String,
    flashes: Flashes,
    back: String,
    next: Option<String>,
    values: Values,
}

impl FormPost {
    /// Recognizes a form post: the body is encoded as a form, and the client accepts HTML.
    pub fn of(request: &Request) -> Option<Self> {
        let mounted = request.extensions().get::<Mounted>().filter(|mounted| mounted.accepts_html)?;
        let flashes = request.extensions().get::<Flashes>()?;
        matches!(media_type(request.headers()).as_deref(), Some(FORM | MULTIPART)).then(|| Self {
            operation: mounted.operation(request.method()),
            flashes: flashes.clone(),
            back: "/".to_owned(),
            next: None,
            values: Values::new(),
        })
    }

    /// Keeps the hidden fields, and the values of declared fields that may be shown again. Other values are dropped,
    /// since the outcome is stored in the database.
    #[must_use]
    pub fn with_fields(mut self, pairs: &[(String, String)], declared: &[&str]) -> Self {
        let mut remaining = VALUES_MAX;
        for (name, value) in pairs {
            match name.as_str() {
                BACK_FIELD => local_path(value).unwrap_or("/").clone_into(&mut self.back),
                NEXT_FIELD => self.next = local_path(value).map(ToOwned::to_owned),
                name if name.contains("password") || name.contains("token") || !declared.contains(&name) => {}
                // PostgreSQL cannot store a NUL character in JSON.
                _ if value.len() > VALUE_MAX.min(remaining) || value.contains('\0') => {}
                name => {
                    remaining -= value.len();
                    self.values.insert(name.to_owned(), value.clone());
                }
            }
        }
        self
    }

    /// Applies the application's [`FormThrottle`].
    pub async fn throttle(&self) -> Result<(), ApiError> {
        match use_context::<FormThrottle>() {
            Some(FormThrottle(throttle)) => throttle().await,
            None => Ok(()),
        }
    }

    /// Redirects with 303 to the page that shows the outcome. The outcome itself is in the database, since a URL would
    /// end up in browser histories and logs.
    pub async fn redirect(self, error: Option<ApiError>) -> Response {
        // The status that the operation set is for API callers.
        if let Some(options) = use_context::<ResponseOptions>()
            && let Ok(mut parts) = options.0.write()
        {
            parts.status = None;
        }
        let target = match &error {
            None => self.next.unwrap_or(self.back),
            Some(_) => self.back,
        };
        let code = error.as_ref().map(|error| error.code);
        let flash = Flash { operation: self.operation, error, values: self.values };
        match self.flashes.store(&flash).await {
            Ok(cookie) => {
                let mut response = (code.map(Extension), Redirect::to(&target)).into_response();
                // The framework replaces the cookies of the response by those of its options, if there are any.
                match use_context::<ResponseOptions>() {
                    Some(options) => options.append_header(SET_COOKIE, cookie),
                    None => drop(response.headers_mut().append(SET_COOKIE, cookie)),
                }
                response
            }
            Err(error) => error.into_response(),
        }
    }
}
