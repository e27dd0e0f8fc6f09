//! The document around the application. It is rendered only on the server.

use std::sync::LazyLock;

use http::request::Parts;
use http::uri::PathAndQuery;
use leptos::html::meta;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

use super::{description, footer, search_engines};
use crate::app::chunks::Chunks;
use crate::app::page_context::{PageContext, PageFiles};
use crate::app::{App, routes};
use crate::model::theme::Theme;
use crate::text::language::Language;

static HOLD_SUBMIT: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("hold_submit.js")));
static START: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("start.js")));

/// Returns a script without its comments, since every page contains it.
fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim);
    lines.filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The document around the application.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let PageContext { me, is_unavailable, nonce, files, texts, origin, .. } = use_context().unwrap_or_default();
    let theme = use_context::<Theme>().unwrap_or_default();
    let uri = use_context::<Parts>().map(|parts| parts.uri).unwrap_or_default();
    let path = uri.path();
    let page = routes::find(path).map(|route| route.page);
    let scope = Chunks::of_page(page, me.is_some()).scope();
    // An error page has nothing to start. Its links load whole pages.
    let start = (!is_unavailable).then(|| start(&files, texts[scope as usize].clone()));
    view! {
        <!DOCTYPE html>
        <html
            lang=Language::current().tag()
            data-signed-in=me.map(|_| "")
            data-theme=theme.name()
            data-texts=texts.join(" ")
        >
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="description" content=description::describe(page) />
                {search_engines::head(page, &origin, path)}
                {theme_color(theme)}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/site.webmanifest" />
                <HashedStylesheet id="kith" options=options.clone() />
                // Renders nothing except in `make watch`.
                <AutoReload options=options.clone() />
                <script nonce=nonce.clone() inner_html=HOLD_SUBMIT.as_str()></script>
                {start.map(|start| view! { <script nonce=nonce inner_html=start></script> })}
                <MetaTags />
            </head>
            <body>
                <App />
                {footer::footer(uri.path_and_query().map_or(path, PathAndQuery::as_str), theme)}
            </body>
        </html>
    }
}

/// The color of the browser's own controls: that of the paper (`style/base/tokens.css`).
fn theme_color(theme: Theme) -> AnyView {
    let color = |color: &'static str| meta().name("theme-color").content(color);
    let (light, dark) = (color("#f6f4ee"), color("#121614"));
    match theme {
        Theme::System => {
            let of = |scheme: &str| format!("(prefers-color-scheme: {scheme})");
            (light.attr("media", of("light")), dark.attr("media", of("dark"))).into_any()
        }
        Theme::Light => light.into_any(),
        Theme::Dark => dark.into_any(),
    }
}

/// The script that starts the application.
fn start(files: &PageFiles, texts: String) -> String {
    let PageFiles { script, wasm, others } = files;
    let others: Vec<_> = others.iter().chain([&texts]).collect();
    format!("{}({script:?}, {wasm:?}, {others:?})", *START)
}
