//! `GET /auth/username-availability`, for the registration page.

use leptos::prelude::*;

use crate::model::accounts::Availability;
use crate::model::error::ApiError;
use crate::rest::verb::{Get, Rest};

/// Returns 200 with whether a registration with this username would be accepted now. Open to visitors: usernames are
/// public. There is nothing alike for addresses.
///
/// # Errors
/// 422 `VALIDATION_FAILED`, as for a registration; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/auth/username-availability", protocol = Rest<Get>)]
pub async fn username_availability(username: String) -> Result<Availability, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::throttle;
    use crate::domain::accounts::{claims, looks};
    use crate::model::username::Username;
    use crate::model::validation::Problems;

    let mut problems = Problems::default();
    let Some(username) = problems.note("username", Username::parse(&username)) else { return Err(problems.into()) };
    throttle::throttle(&throttle::AVAILABILITY).await?;
    let context = context();
    let database = &*context.database;
    let (is_available, is_free) = tokio::try_join!(
        claims::is_username_available(database, username.as_str()),
        looks::is_free(database, username.as_str()),
    )?;
    Ok(Availability { available: is_available && is_free })
}
