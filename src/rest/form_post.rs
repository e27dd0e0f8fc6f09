//! Plain form posts: the real method before routing, and the way back to a page after the operation.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::Method;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, Session};

use super::decode::{FORM, MULTIPART, media_type, parse_pairs};
use super::error::{ApiError, ErrorCode};
use super::form::{BACK_FIELD, Fields as Values, Flash, METHOD_FIELD, NEXT_FIELD};
use super::local_path::local_path;
use super::mount::Mounted;
use super::posted_form::PostedForm;
use crate::api::cookies::family_in;

/// The session's key for a [`Flash`].
const FLASH: &str = "flash";
/// How long an outcome waits for its page, which the browser asks for at once.
const FLASH_MINUTES: u32 = 10;
/// Longest text that a form shows again, in bytes.
const VALUE_MAX: usize = 2048;
/// The same for all fields of a form together.
const VALUES_MAX: usize = 3072;

/// Reads plain forms, and gives their POST the method named in the field `_method`, or in the query where a
/// file is sent, which is too large to look for a field in. Stands before the router.
pub async fn read_form(request: Request, next: Next) -> Response {
    let (mut parts, mut body) = request.into_parts();
    let mut named = None;
    match media_type(&parts.headers).as_deref() {
        Some(FORM) if !matches!(parts.method, Method::GET | Method::HEAD) => {
            let form = match PostedForm::read(&parts.headers, body).await {
                Ok(form) => form,
                Err(error) => return error.into_response(),
            };
            named = form.get(METHOD_FIELD).map(ToOwned::to_owned);
            parts.extensions.insert(form);
            body = Body::empty();
        }
        Some(MULTIPART) => {
            let (fields, _) = parse_pairs(parts.uri.query().unwrap_or_default().as_bytes());
            named = fields.into_iter().find(|(name, _)| name == METHOD_FIELD).map(|(_, value)| value);
        }
        _ => {}
    }
    if parts.method == Method::POST {
        parts.method = match named.as_deref() {
            None => Method::POST,
            Some("PUT") => Method::PUT,
            Some("PATCH") => Method::PATCH,
            Some("DELETE") => Method::DELETE,
            Some(_) => return ApiError::from(ErrorCode::MethodNotAllowed).into_response(),
        };
    }
    next.run(Request::from_parts(parts, body)).await
}

/// A [`Flash`] in the session, with the end of its time: a session may last longer.
#[derive(Serialize, Deserialize)]
struct Waiting {
    #[serde(flatten)]
    flash: Flash,
    /// Seconds since 1970.
    #[serde(default)]
    until: u64,
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

    /// Takes the hidden fields, and of the fields that the operation declares the values that may be shown
    /// again. Others are not kept: the outcome waits in the database.
    #[must_use]
    pub fn with_fields(mut self, pairs: &[(String, String)], declared: &[&str]) -> Self {
        let mut room = VALUES_MAX;
        for (name, value) in pairs {
            match name.as_str() {
                BACK_FIELD => local_path(value).unwrap_or("/").clone_into(&mut self.back),
                NEXT_FIELD => self.next = local_path(value).map(ToOwned::to_owned),
                name if name.contains("password") || name.contains("token") || !declared.contains(&name) => {}
                // JSON in PostgreSQL cannot hold it.
                _ if value.len() > VALUE_MAX.min(room) || value.contains('\0') => {}
                name => {
                    room -= value.len();
                    self.values.insert(name.to_owned(), value.clone());
                }
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
        match keep(&self.session, flash).await {
            Ok(()) => (code.map(Extension), Redirect::to(&target)).into_response(),
            Err(error) => error.into_response(),
        }
    }
}

/// Lets the flash wait for the next page. A visitor's session is there for it alone, and ends with it.
async fn keep(session: &Session, flash: Flash) -> Result<(), ApiError> {
    if family_in(session).await?.is_none() {
        session.set_expiry(Some(Expiry::OnInactivity(Duration::minutes(FLASH_MINUTES.into()))));
    }
    let until = now() + u64::from(FLASH_MINUTES) * 60;
    Ok(session.insert(FLASH, Waiting { flash, until }).await?)
}

/// Takes the outcome that waits for the next page, if any.
///
/// # Errors
/// Faults of the session store.
pub async fn take_flash(session: &Session) -> Result<Option<Flash>, tower_sessions::session::Error> {
    // Looking first: a removal counts as a change and would save the session with every page.
    let Some(waiting) = session.get_value(FLASH).await? else { return Ok(None) };
    session.remove_value(FLASH).await?;
    let waiting: Option<Waiting> = serde_json::from_value(waiting).ok();
    Ok(waiting.filter(|waiting| waiting.until > now()).map(|waiting| waiting.flash))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
