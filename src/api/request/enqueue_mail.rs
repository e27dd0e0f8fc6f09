//! Answers to those who ask for a mail.

use std::sync::Arc;

use http::StatusCode;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use super::context::context;
use crate::model::error::ApiError;

/// Answers 202 at once, and only then runs `ask`, which says whether a mail is to be sent: neither the answer
/// nor its time tells whether an account has the address.
///
/// # Errors
/// `OVERLOADED` when too many wait already.
pub fn enqueue_mail(ask: impl Future<Output = Result<bool, ApiError>> + Send + 'static) -> Result<(), ApiError> {
    let context = context();
    let mail = Arc::clone(&context.mail);
    context.deferred.run(async move {
        if ask.await? {
            mail.notify_one();
        }
        Ok(())
    })?;
    expect_context::<ResponseOptions>().set_status(StatusCode::ACCEPTED);
    Ok(())
}
