//! Serves the files that cargo-leptos built: `/pkg/*`, whose names contain a hash of their content (not in
//! `make watch`), and those from `public/`.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::HeaderValue;
use http::header::{ACCEPT_RANGES, CACHE_CONTROL, LAST_MODIFIED, VARY};
use leptos::config::LeptosOptions;
use tower_http::services::ServeDir;

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

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
    let path = request.uri().path();
    let policy = match (path.starts_with("/pkg/"), has_content_hash(path)) {
        (true, true) => IMMUTABLE,
        (true, false) => "no-cache",
        (false, _) => "public, max-age=3600",
    };
    let mut response = next.run(request).await;
    // Pages set their own policy: no caching.
    if response.status().is_success() {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(policy));
        // Browsers neither ask whether such a file has changed nor for a part of it.
        if policy == IMMUTABLE {
            response.headers_mut().remove(LAST_MODIFIED);
            response.headers_mut().remove(ACCEPT_RANGES);
        }
        // Caches must store the compressed and the plain form separately (RFC 9110, section 12.5.5).
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// Whether cargo-leptos named the file after its content: `NAME.HASH.EXTENSION`, with 128 bits in base64url.
fn has_content_hash(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.split('.').skip(1).any(|part| part.len() == 22))
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
        for (name, expected) in
            [("kith.FQ2_TNXl5VHolHXdXoOwgg.css", IMMUTABLE), ("kith.css", "no-cache"), ("kith.d.ts", "no-cache")]
        {
            std::fs::write(site.path().join("pkg").join(name), "").unwrap();
            let options = LeptosOptions::builder().output_name("kith").site_root(site.path().to_str().unwrap()).build();
            let request = Request::get(format!("/pkg/{name}")).body(Body::empty()).unwrap();
            let response = files(&options, Router::new()).oneshot(request).await.unwrap();
            assert_eq!(response.headers()[CACHE_CONTROL], expected, "{name}");
            assert_eq!(response.headers().contains_key(LAST_MODIFIED), expected == "no-cache", "{name}");
        }
    }
}
