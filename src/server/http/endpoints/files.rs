//! Serves the files that cargo-leptos built: `/pkg/*`, whose names change with their content (not in `make watch`), and
//! those from `public/`.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
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
    Router::new().fallback_service(directory).layer(from_fn_with_state(options.hash_files, cache))
}

async fn cache(State(hash_files): State<bool>, request: Request, next: Next) -> Response {
    let is_build_output = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    // Pages set their own policy: no caching.
    if response.status().is_success() {
        let policy = match (is_build_output, hash_files) {
            (true, true) => "public, max-age=31536000, immutable",
            (true, false) => "no-cache",
            (false, _) => "public, max-age=3600",
        };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(policy));
        // Caches must store the compressed and the plain form separately (RFC 9110, section 12.5.5).
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn build_output_is_cached_forever_only_if_its_names_change_with_its_content() {
        let site = tempfile::tempdir().unwrap();
        std::fs::create_dir(site.path().join("pkg")).unwrap();
        std::fs::write(site.path().join("pkg/kith.css"), "").unwrap();
        for (hash_files, expected) in [(true, "public, max-age=31536000, immutable"), (false, "no-cache")] {
            let options = LeptosOptions::builder()
                .output_name("kith")
                .site_root(site.path().to_str().unwrap())
                .hash_files(hash_files)
                .build();
            let request = Request::get("/pkg/kith.css").body(Body::empty()).unwrap();
            let response = files(&options, Router::new()).oneshot(request).await.unwrap();
            assert_eq!(response.headers()[CACHE_CONTROL], expected);
        }
    }
}
