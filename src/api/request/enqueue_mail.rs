//! Responds to requests for a mail.

use std::sync::Arc;

use http::StatusCode;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use super::context::context;
use crate::model::error::ApiError;

/// Responds with 202 and runs `enqueue` in the background. It returns whether a mail is to be sent. Neither the
/// response nor its timing reveals whether an account has the address.
///
/// # Errors
/// `OVERLOADED` if too many requests are already waiting.
pub fn enqueue_mail(enqueue: impl Future<Output = Result<bool, ApiError>> + Send + 'static) -> Result<(), ApiError> {
    let context = context();
    let mail = Arc::clone(&context.mail);
    context.deferred.run(async move {
        if enqueue.await? {
            mail.notify_one();
        }
        Ok(())
    })?;
    expect_context::<ResponseOptions>().set_status(StatusCode::ACCEPTED);
    Ok(())
}
