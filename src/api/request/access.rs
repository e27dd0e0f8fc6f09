//! Which operations are open to visitors. All others require a caller, whose token or session is checked before the
//! body is read (`server/http/layers/admit.rs`).

use std::collections::HashSet;
use std::sync::LazyLock;

use http::Method;
use server_fn::{Protocol, ServerFn};

use crate::api::accounts::confirm_email::ConfirmEmail;
use crate::api::accounts::deletion::Restore;
use crate::api::accounts::forgot_password::ForgotPassword;
use crate::api::accounts::register::Register;
use crate::api::accounts::reject_account::RejectAccount;
use crate::api::accounts::resend_verification::ResendVerification;
use crate::api::accounts::reset_password::ResetPassword;
use crate::api::accounts::undo_email_change::UndoEmailChange;
use crate::api::accounts::username_availability::UsernameAvailability;
use crate::api::accounts::verify_email::VerifyEmail;
use crate::api::profiles::profile::GetProfile;
use crate::api::profiles::user::GetUser;
use crate::api::profiles::users::GetUsers;
use crate::api::sign_in::login::Login;
use crate::api::sign_in::logout::Logout;
use crate::api::sign_in::refresh::Refresh;
use crate::api::sign_in::sign_in_link::SignInLink;
use crate::api::sign_in::sign_in_with_link::SignInWithLink;
use crate::rest::server::media_type::{FORM, MULTIPART, accepts_html, media_type};
use crate::rest::server::mount::{OPERATIONS, template};

/// The method and route template of each operation that a visitor may call.
static OPEN: LazyLock<HashSet<(Method, &'static str)>> = LazyLock::new(|| {
    HashSet::from([
        operation::<ConfirmEmail>(),
        operation::<ForgotPassword>(),
        operation::<GetProfile>(),
        operation::<GetUser>(),
        operation::<GetUsers>(),
        operation::<Login>(),
        operation::<Logout>(),
        operation::<Refresh>(),
        operation::<Register>(),
        operation::<RejectAccount>(),
        operation::<ResendVerification>(),
        operation::<ResetPassword>(),
        operation::<Restore>(),
        operation::<SignInLink>(),
        operation::<SignInWithLink>(),
        operation::<UndoEmailChange>(),
        operation::<UsernameAvailability>(),
        operation::<VerifyEmail>(),
    ])
});

fn operation<Op: ServerFn>() -> (Method, &'static str) {
    (<Op::Protocol as Protocol<_, _, _, _, _, _, _>>::METHOD, Op::PATH)
}

/// Returns whether a request is rejected without a caller.
///
/// A form from a page is not: it is small, it names the page that shows the error, and the user's input is kept. A form
/// with a file is checked by its operation, which reads the file.
pub fn requires_caller(parts: &http::request::Parts) -> bool {
    let Some(template) = template(parts.uri.path()) else { return false };
    let is_closed = |method: Method| {
        let key = (method, template);
        OPERATIONS.contains(&key) && !OPEN.contains(&key)
    };
    let media_type = media_type(&parts.headers);
    let is_form = media_type.as_deref() == Some(FORM);
    if accepts_html(&parts.headers) && (is_form || media_type.as_deref() == Some(MULTIPART)) {
        return false;
    }
    match parts.method {
        Method::HEAD => is_closed(Method::GET),
        // The real method is in the body.
        Method::POST if is_form => {
            let methods = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
            let open = |method: &Method| OPEN.contains(&(method.clone(), template));
            !methods.iter().any(open) && methods.into_iter().any(is_closed)
        }
        _ => is_closed(parts.method.clone()),
    }
}
