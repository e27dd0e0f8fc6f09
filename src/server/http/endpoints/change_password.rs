//! `GET /.well-known/change-password`: where password managers send users (W3C, A Well-Known URL for Changing
//! Passwords).

use axum::response::Redirect;

pub async fn change_password() -> Redirect {
    Redirect::to("/settings/security")
}
