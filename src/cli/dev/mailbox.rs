//! `/dev/mail`: the emails caught by `kith dev`, as plain pages for people and as JSON for tests.

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

/// Emails use inline styles, and must not run or load anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'";
const STYLE: &str = include_str!("mailbox.css");

/// The routes that show the emails in `dir`. They have no access control, so only `kith dev` mounts them.
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
        body += "<p>No mail yet. This page refreshes every two seconds.</p>";
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
        Ok(None) => return (StatusCode::NOT_FOUND, "No such email.\n").into_response(),
        Err(error) => return unreadable(&error),
    };
    // Links in the frame open in this window. Scripts and forms are disabled.
    let html = format!("<base target=\"_top\">{}", mail.mail.html);
    let body = format!(
        "<p><a href=\"/dev/mail\">All mail</a></p><h1>{subject}</h1><p>From {from}<br>To {to}<br>{time}</p>\
         <pre>{text}</pre>\
         <iframe title=\"The email as HTML\" sandbox=\"allow-top-navigation-by-user-activation\" srcdoc=\"{html}\"></iframe>",
        subject = encode_text(&mail.mail.subject),
        from = encode_text(&mail.mail.from),
        to = encode_text(&mail.mail.to),
        time = time(&mail),
        text = with_links(&mail.mail.text),
        html = encode_double_quoted_attribute(&html),
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

/// Converts the text to HTML with links.
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
    (StatusCode::INTERNAL_SERVER_ERROR, format!("Cannot read the mail folder: {error}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_links_and_all_other_text_is_escaped() {
        assert_eq!(
            with_links("<b>\nhttp://a/?b=1&c\nend"),
            "&lt;b&gt;\n<a href=\"http://a/?b=1&amp;c\">http://a/?b=1&amp;c</a>\nend"
        );
    }
}
