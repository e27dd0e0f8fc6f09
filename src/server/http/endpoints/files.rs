//! Serves the files that cargo-leptos built: `/pkg/*`, under names that change with their content, and those from
//! `public/`.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, VARY};
use leptos::config::LeptosOptions;
use tower_http::services::ServeDir;

/// Serves files, and passes all other requests to `unknown`.
pub fn files(options: &LeptosOptions, unknown: Router) -> Router {
    let directory = ServeDir::new(&*options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true)
        .fallback(unknown);
    Router::new().fallback_service(directory).layer(from_fn(cache))
}

async fn cache(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    // Pages set their own policy: no caching.
    if response.status().is_success() {
        let policy = if hashed { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(policy));
        // Caches must store the compressed and the plain form separately (RFC 9110, section 12.5.5).
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}
