//! Answers to those who ask for a mail.

use http::StatusCode;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use crate::rest::error::ApiError;
use crate::server::state::AppState;

/// Answers 202 at once, and only then runs `ask`, which says whether a mail is to be sent: neither the answer
/// nor its time tells whether an account has the address.
///
/// # Errors
/// `OVERLOADED` when too many wait already.
pub fn mail_later(ask: impl Future<Output = Result<bool, ApiError>> + Send + 'static) -> Result<(), ApiError> {
    let AppState { mail, deferred, .. } = expect_context();
    deferred.run(async move {
        if ask.await? {
            mail.notify_one();
        }
        Ok(())
    })?;
    expect_context::<ResponseOptions>().set_status(StatusCode::ACCEPTED);
    Ok(())
}
