//! `POST /reports`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::id::UserId;
use crate::model::reports::{Report, Subject};
use crate::rest::verb::{Post, Rest};

/// Reports a user to those who moderate. `category` is `spam`, `abuse`, `impersonation` or `other`; `subject` names what
/// it is about in another service. The user does not learn of it. Returns 201, or 200 with the report that the caller
/// has already made and that is still open.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 404 `USER_NOT_FOUND`; 422 `VALIDATION_FAILED`; 429
/// `RATE_LIMITED`.
#[server(name = ReportUser, prefix = "", endpoint = "/reports", protocol = Rest<Post>)]
pub async fn report(
    user_id: UserId,
    #[server(default)] category: String,
    #[server(default)] comment: Option<String>,
    #[server(default)] subject: Option<Subject>,
) -> Result<Report, ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::request::context::context;
    use crate::api::request::{caller, throttle};
    use crate::domain::reports::{self, NewReport};

    let reporter = caller::user().await?;
    let report = NewReport::parse(user_id, &category, comment, subject)?;
    throttle::throttle_user(&throttle::REPORT, reporter.id).await?;
    let (id, is_new) = reports::report(&context().database, reporter, &report).await?;
    if is_new {
        expect_context::<ResponseOptions>().set_status(StatusCode::CREATED);
    }
    Ok(Report { id })
}
