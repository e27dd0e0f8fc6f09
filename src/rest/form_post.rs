//! Plain form posts: the real method before routing, and the way back to a page after the operation.

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::Method;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

use super::body::{self, BODY_MAX};
use super::decode::{FORM, Fields, MULTIPART, media_type};
use super::error::{ApiError, ErrorCode};
use super::form::{BACK_FIELD, Fields as Values, Flash, METHOD_FIELD, NEXT_FIELD};
use super::local_path::local_path;
use super::mount::Mounted;

/// The session's key for a [`Flash`].
const FLASH: &str = "flash";
/// Longest text that a form shows again, in bytes.
const VALUE_MAX: usize = 2048;
/// Longest name of a field that a form shows again, in bytes.
const NAME_MAX: usize = 64;

/// Gives a plain form's POST the method named in its `_method` field, or in its query where a file is
/// sent, which is too large to look for a field in. Stands before the router.
pub async fn override_method(request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (request, named) = match media_type(request.headers()).as_deref() {
        Some(FORM) => {
            let (parts, body) = request.into_parts();
            match body::read(&parts.headers, body, BODY_MAX, ErrorCode::PayloadTooLarge).await {
                Ok(body) => (Request::from_parts(parts, Body::from(body.clone())), method_in(&body)),
                Err(error) => return error.into_response(),
            }
        }
        Some(MULTIPART) => {
            let named = method_in(request.uri().query().unwrap_or_default().as_bytes());
            (request, named)
        }
        _ => return next.run(request).await,
    };
    let method = match named.as_deref() {
        None => Method::POST,
        Some("PUT") => Method::PUT,
        Some("PATCH") => Method::PATCH,
        Some("DELETE") => Method::DELETE,
        Some(_) => return ApiError::from(ErrorCode::MethodNotAllowed).into_response(),
    };
    let mut request = request;
    *request.method_mut() = method;
    next.run(request).await
}

fn method_in(fields: &[u8]) -> Option<String> {
    form_urlencoded::parse(fields).find(|(name, _)| name == METHOD_FIELD).map(|(_, value)| value.into_owned())
}

/// A request that a browser sent by itself from a `<form>`, to be answered with a page.
pub struct FormPost {
    operation: String,
    session: Session,
    back: String,
    next: Option<String>,
    values: Values,
}

impl FormPost {
    /// Recognises a form post: encoded as forms are, and HTML is what the sender wants to see.
    pub fn of(request: &Request) -> Option<Self> {
        let mounted = request.extensions().get::<Mounted>().filter(|mounted| mounted.accepts_html)?;
        let session = request.extensions().get::<Session>()?;
        matches!(media_type(request.headers()).as_deref(), Some(FORM | MULTIPART)).then(|| Self {
            operation: mounted.operation(request.method()),
            session: session.clone(),
            back: "/".to_owned(),
            next: None,
            values: Values::new(),
        })
    }

    /// Takes the hidden fields, and the values that may be shown again.
    #[must_use]
    pub fn with_fields(mut self, fields: &Fields) -> Self {
        let Fields::Text(pairs) = fields else { return self };
        for (name, value) in pairs {
            match name.as_str() {
                BACK_FIELD => local_path(value).unwrap_or("/").clone_into(&mut self.back),
                NEXT_FIELD => self.next = local_path(value).map(ToOwned::to_owned),
                METHOD_FIELD => {}
                name if name.contains("password") || name.contains("token") => {}
                _ if value.len() > VALUE_MAX || name.len() > NAME_MAX => {}
                // JSON in PostgreSQL cannot hold it.
                _ if value.contains('\0') || name.contains('\0') => {}
                name => drop(self.values.insert(name.to_owned(), value.clone())),
            }
        }
        self
    }

    /// 303 to the page that shows the outcome. The outcome itself waits in the session: a URL would
    /// carry it into histories and logs.
    pub async fn redirect(self, error: Option<ApiError>) -> Response {
        // The status that the operation chose is for API callers.
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
        match self.session.insert(FLASH, flash).await {
            Ok(()) => (code.map(Extension), Redirect::to(&target)).into_response(),
            Err(error) => ApiError::from(error).into_response(),
        }
    }
}

/// Takes the outcome that waits for the next page, if any.
///
/// # Errors
/// Faults of the session store.
pub async fn take_flash(session: &Session) -> Result<Option<Flash>, tower_sessions::session::Error> {
    // Looking first: a removal counts as a change and would save the session with every page.
    if session.get::<Flash>(FLASH).await?.is_none() {
        return Ok(None);
    }
    session.remove(FLASH).await
}
