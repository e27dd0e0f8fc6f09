//! Mounts the operations in the router. The framework looks up server functions by path, so a request's path is
//! replaced with its route template.

use std::collections::HashSet;
use std::sync::LazyLock;

use axum::extract::{MatchedPath, Request};
use http::header::ACCEPT;
use http::uri::{PathAndQuery, Uri};
use http::{HeaderValue, Method};

use super::media_type::accepts_html;

/// The method and route template of every operation.
pub static OPERATIONS: LazyLock<HashSet<(Method, &'static str)>> =
    LazyLock::new(|| server_fn::axum::server_fn_paths().map(|(path, method)| (method, path)).collect());

/// Finds the route template of a path, as the router does.
static TEMPLATES: LazyLock<matchit::Router<&'static str>> = LazyLock::new(|| {
    let mut templates = matchit::Router::new();
    let unique: HashSet<_> = OPERATIONS.iter().map(|(_, template)| *template).collect();
    for template in unique {
        if let Err(error) = templates.insert(template, template) {
            tracing::error!(%error, template, "invalid route template");
        }
    }
    templates
});

/// Returns the route template of the operations at `path`, for layers that run before the router.
pub fn template(path: &str) -> Option<&'static str> {
    TEMPLATES.at(path).ok().map(|found| *found.value)
}

/// What an operation may need to know about the original request.
#[derive(Clone)]
pub struct Mounted {
    template: String,
    /// The client is a browser that will show the response as a page.
    pub accepts_html: bool,
}

impl Mounted {
    /// Returns the method and route template, such as `POST /auth/login`.
    pub fn operation(&self, method: &Method) -> String {
        format!("{method} {}", self.template)
    }
}

/// Prepares a request for the operation that the router has matched.
pub fn mount(mut request: Request) -> Request {
    let Some(template) = request.extensions().get::<MatchedPath>().map(|matched| matched.as_str().to_owned()) else {
        return request;
    };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(path) = PathAndQuery::try_from(format!("{template}{query}")) {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(path);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    // axum uses the handler of GET for HEAD, but the framework looks up operations by method.
    if request.method() == Method::HEAD {
        *request.method_mut() = Method::GET;
    }
    let accepts_html = accepts_html(request.headers());
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request.extensions_mut().insert(Mounted { template, accepts_html });
    request
}
