//! `POST /auth/register` (USER-BE-001.1).

use leptos::prelude::*;

use crate::model::account::RegisteredUser;
use crate::rest::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Creates an account and has the verification mail sent. 201.
///
/// # Errors
/// 422 `VALIDATION_FAILED` naming every field that is wrong; 409 `EMAIL_ALREADY_EXISTS` or
/// `USERNAME_TAKEN`; 429 `RATE_LIMITED`; 503 `OVERLOADED`.
#[server(prefix = "", endpoint = "/auth/register", protocol = Rest<Post>)]
pub async fn register(
    #[server(default)] email: String,
    #[server(default)] username: String,
    #[server(default)] password: String,
) -> Result<RegisteredUser, ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::throttle;
    use crate::domain::accounts::{self, NewAccount};
    use crate::domain::password::Password;
    use crate::model::{credentials, validation};
    use crate::server::state::AppState;

    let (email, username) = (email.trim().to_owned(), username.trim().to_owned());
    let password = Password::new(password);
    validation::check(&[
        ("email", credentials::email, &email),
        ("username", credentials::username, &username),
        ("password", credentials::new_password, password.normalized()),
    ])?;
    throttle::throttle(&throttle::REGISTER).await?;
    let AppState { pool, password_choice, passwords, mail, .. } = expect_context();
    password_choice.check(&password, &email, &username).await?;
    let password_hash = passwords.hash(&password).await?;
    let user = accounts::create(&pool, NewAccount { email, username, password_hash }).await?;
    mail.notify_one();
    expect_context::<ResponseOptions>().set_status(StatusCode::CREATED);
    Ok(user)
}
