//! `POST /auth/register` (USER-BE-001.1).

use leptos::prelude::*;

use crate::model::accounts::RegisteredUser;
use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Creates an account and sends the verification mail. Returns 201. Open to visitors.
///
/// # Errors
/// 422 `VALIDATION_FAILED` with every invalid field; 409 `EMAIL_ALREADY_EXISTS`, `USERNAME_TAKEN` or `USERNAME_TOO_SIMILAR`; 429
/// `RATE_LIMITED`; 503 `OVERLOADED`.
#[server(prefix = "", endpoint = "/auth/register", protocol = Rest<Post>)]
pub async fn register(
    #[server(default)] email: String,
    #[server(default)] username: String,
    #[server(default)] password: String,
) -> Result<RegisteredUser, ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::request::context::context;
    use crate::api::request::throttle;
    use crate::domain::accounts::create;
    use crate::domain::accounts::create::NewAccount;
    use crate::domain::sign_in::password::Password;
    use crate::model::email::Email;
    use crate::model::username::Username;
    use crate::model::validation::Problems;
    use crate::text::language::Language;

    let mut problems = Problems::default();
    let email = problems.note("email", Email::parse(&email));
    let username = problems.note("username", Username::parse(&username));
    let password = problems.note("password", Password::parse_new(password));
    let (Some(email), Some(username), Some(password)) = (email, username, password) else {
        return Err(problems.into());
    };
    throttle::throttle(&throttle::REGISTER).await?;
    let context = context();
    context.password_choice.check(&password, email.as_str(), username.as_str()).await?;
    let password_hash = context.passwords.hash(&password).await?;
    let language = Language::current();
    let user = create::create(&context.database, NewAccount { email, username, password_hash, language }).await?;
    context.mail.notify_one();
    expect_context::<ResponseOptions>().set_status(StatusCode::CREATED);
    Ok(user)
}
