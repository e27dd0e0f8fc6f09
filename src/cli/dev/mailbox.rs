//! `/dev/mail`: the mails that `kith dev` caught, as plain pages for people and JSON for tests.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use html_escape::{encode_double_quoted_attribute, encode_text};
use http::StatusCode;
use http::header::CONTENT_SECURITY_POLICY;
use time::macros::format_description;
use uuid::Uuid;

use crate::email::transport::folder::{Folder, StoredMail};

/// Mails style themselves inline, and none of them may run or load anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'";
const STYLE: &str = include_str!("mailbox.css");

/// The routes that show the mails in `dir`. Everybody who reaches them may read every mail, so
/// only `kith dev` mounts them.
pub fn router(dir: PathBuf) -> Router {
    Router::new()
        .route("/dev/mail", get(list))
        .route("/dev/mail.json", get(list_json))
        .route("/dev/mail/{id}", get(show))
        .with_state(Folder::new(dir))
}

async fn list(State(folder): State<Folder>) -> Response {
    let mails = match folder.list().await {
        Ok(mails) => mails,
        Err(error) => return unreadable(&error),
    };
    let mut body = String::from("<h1>Mail</h1>");
    if mails.is_empty() {
        body += "<p>No mail yet. This page looks again every two seconds.</p>";
    }
    body += "<ul>";
    for mail in &mails {
        let _ = write!(
            body,
            "<li><a href=\"/dev/mail/{}\"><b>{}</b><span>{}</span>{}</a></li>",
            mail.id,
            encode_text(&mail.mail.subject),
            encode_text(&mail.mail.to),
            time(mail)
        );
    }
    body += "</ul>";
    page("Mail", "<meta http-equiv=\"refresh\" content=\"2\">", &body)
}

async fn list_json(State(folder): State<Folder>) -> Response {
    match folder.list().await {
        Ok(mails) => Json(mails).into_response(),
        Err(error) => unreadable(&error),
    }
}

async fn show(State(folder): State<Folder>, Path(id): Path<String>) -> Response {
    let found = match id.parse::<Uuid>() {
        Ok(id) => folder.find(id).await,
        Err(_) => Ok(None),
    };
    let mail = match found {
        Ok(Some(mail)) => mail,
        Ok(None) => return (StatusCode::NOT_FOUND, "There is no such mail.\n").into_response(),
        Err(error) => return unreadable(&error),
    };
    // In the frame a click opens the link in this window; scripts and forms stay off.
    let framed = format!("<base target=\"_top\">{}", mail.mail.html);
    let body = format!(
        "<p><a href=\"/dev/mail\">All mail</a></p><h1>{subject}</h1><p>From {from}<br>To {to}<br>{time}</p>\
         <pre>{text}</pre>\
         <iframe title=\"The mail as HTML\" sandbox=\"allow-top-navigation-by-user-activation\" srcdoc=\"{html}\"></iframe>",
        subject = encode_text(&mail.mail.subject),
        from = encode_text(&mail.mail.from),
        to = encode_text(&mail.mail.to),
        time = time(&mail),
        text = with_links(&mail.mail.text),
        html = encode_double_quoted_attribute(&framed),
    );
    page(&mail.mail.subject, "", &body)
}

fn page(title: &str, head: &str, body: &str) -> Response {
    let title = encode_text(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{head}\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    );
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response()
}

/// The text as HTML, its addresses as links.
fn with_links(text: &str) -> String {
    let word = |word: &str| {
        let (bare, space) = word.split_at(word.trim_end().len());
        if bare.starts_with("http://") || bare.starts_with("https://") {
            format!("<a href=\"{}\">{}</a>{space}", encode_double_quoted_attribute(bare), encode_text(bare))
        } else {
            encode_text(word).into_owned()
        }
    };
    text.split_inclusive(char::is_whitespace).map(word).collect()
}

fn time(mail: &StoredMail) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    mail.sent_at.format(format).unwrap_or_default()
}

fn unreadable(error: &io::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("The mail folder cannot be read: {error}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_links_and_the_rest_is_escaped() {
        assert_eq!(
            with_links("<b>\nhttp://a/?b=1&c\nend"),
            "&lt;b&gt;\n<a href=\"http://a/?b=1&amp;c\">http://a/?b=1&amp;c</a>\nend"
        );
    }
}
