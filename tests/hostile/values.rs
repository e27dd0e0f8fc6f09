//! Sends values that no client sends by mistake to every route of `openapi.json` and every page, in every place that
//! can hold one, signed in and signed out. No request may cause a 5xx, hang, or add or delete a row in TABLES.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use kith::server::http::endpoints::openapi::OPENAPI;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::app::TestApp;
use crate::support::user::{TestUser, test_user};

/// Longer than the service's own timeout, after which a hanging request is answered with 503.
const TIMEOUT: Duration = Duration::from_mins(1);
const CONCURRENCY: usize = 4;
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const TABLES: [&str; 8] = [
    "users",
    "email_verifications",
    "email_outbox",
    "one_time_tokens",
    "sign_ins",
    "refresh_tokens",
    "follows",
    "avatar_removals",
];

/// Routes that are not in `openapi.json`.
const PAGES: [&str; 20] = [
    "/",
    "/login",
    "/register",
    "/verify-email",
    "/sign-in-link",
    "/forgot-password",
    "/reset-password",
    "/confirm-email",
    "/undo-email-change",
    "/reauthenticate",
    "/settings",
    "/settings/security",
    "/account-deleted",
    "/timeline",
    "/profile",
    "/profile/{username}",
    "/profile/{username}/followers",
    "/profile/{username}/following",
    "/auth/resume",
    "/nowhere",
];

/// Percent-encoded values for paths, queries and forms.
fn encoded_values() -> Vec<String> {
    let texts = [
        "%00",
        "a%00b",
        "%ff",
        "%ed%a0%80",
        "%f4%90%80%80",
        "%c4%b0",
        "%ef%bc%a1",
        "%e2%80%ae",
        "%0d%0aset-cookie:%20a=b",
        "%",
        "%zz",
        "%25%30%30",
        "..%2f..%2fetc%2fpasswd",
        "-1",
        "0",
        "9223372036854775808",
        "1e400",
        "NaN",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "%27%20OR%201=1--",
        "____8H_____________________wAAAAAAAAAAAAAAAA",
        "-zLC1Uu3AAAAAAAAAAAAAAAAAAAAAAAA",
        "",
    ];
    texts.into_iter().map(ToOwned::to_owned).chain(["x".repeat(7_000), "%c4%b0".repeat(1_000)]).collect()
}

/// Values for JSON bodies.
fn json_values() -> Vec<String> {
    let values = [
        r#""a\u0000b@example.org""#,
        r#""\u0000""#,
        r#""\ud800""#,
        r#""\udfff\ud800""#,
        r#""\u0130@example.org""#,
        r#""\uff21\uff20example.org""#,
        r#""\u202e\u2066""#,
        r#""\ufffe\uffff""#,
        "null",
        "true",
        "0",
        "-1",
        "9223372036854775808",
        "1e400",
        "1e-400",
        "[]",
        "{}",
        r#"{"a":[null]}"#,
        r#"["\u0000"]"#,
    ];
    let deep = format!("{}{}", "[".repeat(3_000), "]".repeat(3_000));
    values.into_iter().map(ToOwned::to_owned).chain([format!("\"{}\"", "x".repeat(10_000)), deep]).collect()
}

/// Values for headers, made of bytes that HTTP allows there.
fn header_values() -> Vec<Vec<u8>> {
    let values: [&[u8]; 6] =
        [b"", b"Jos\xc3\xa9", b"Bearer \xff", b"Basic eDp5", b"W/\"", b"99999999999999999999, \xe2\x80\xae"];
    values.into_iter().map(<[u8]>::to_vec).chain([vec![b'x'; 7_000], b"a=\xff; ".repeat(500)]).collect()
}

const HEADERS: [&str; 17] = [
    "authorization",
    "cookie",
    "content-type",
    "content-encoding",
    "accept",
    "accept-encoding",
    "accept-language",
    "if-match",
    "if-none-match",
    "range",
    "origin",
    "sec-fetch-site",
    "referer",
    "traceparent",
    "x-forwarded-for",
    "x-request-id",
    "x-http-method-override",
];

/// A request that is sent as raw bytes, valid or not.
#[derive(Clone)]
struct RawRequest {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl RawRequest {
    fn new(method: &str, target: impl Into<String>) -> Self {
        Self { method: method.to_uppercase(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn body(self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }.header("content-type", media_type)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            format!("{} {} HTTP/1.1\r\nhost: kith\r\nconnection: close\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(format!("content-length: {}\r\n\r\n", self.body.len()).into_bytes());
        [bytes, self.body.clone()].concat()
    }

    /// Sends the request; returns what is wrong with the outcome, if anything.
    async fn failure(&self, address: &str) -> Option<String> {
        let exchange = async {
            let mut stream = TcpStream::connect(address).await?;
            // The write may fail, because the service may respond before it has read the whole request.
            let _ = stream.write_all(&self.bytes()).await;
            let mut response = Vec::new();
            let _ = stream.read_to_end(&mut response).await;
            std::io::Result::Ok(response)
        };
        let response = match timeout(TIMEOUT, exchange).await {
            Err(_) => return Some("timed out".to_owned()),
            Ok(Err(error)) => return Some(error.to_string()),
            Ok(Ok(response)) => String::from_utf8_lossy(&response).into_owned(),
        };
        let status: u16 = response.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        let (head, body) = response.split_once("\r\n\r\n").unwrap_or((response.as_str(), ""));
        let is_injected = head.to_ascii_lowercase().contains("\r\nset-cookie: a=b");
        let is_well_formed =
            status < 400 || body.starts_with("{\"error\":{\"code\":\"") || body.contains("<html") || body.is_empty();
        let is_fine = (200..500).contains(&status) && is_well_formed && !is_injected;
        (!is_fine).then(|| response.chars().take(300).collect())
    }
}

/// A route and its inputs, as documented.
struct Route {
    method: String,
    path: String,
    queries: Vec<String>,
    fields: Vec<String>,
}

fn routes() -> Vec<Route> {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let named = |parameter: &Value| parameter["name"].as_str().unwrap().to_owned();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let properties = &operation["requestBody"]["content"][JSON]["schema"]["properties"];
            routes.push(Route {
                method: method.clone(),
                path: path.clone(),
                queries: parameters.iter().filter(|parameter| parameter["in"] == "query").map(named).collect(),
                fields: properties.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default(),
            });
        }
    }
    routes.extend(PAGES.map(|path| Route {
        method: "get".to_owned(),
        path: path.to_owned(),
        queries: ["token", "next", "page", "cursor"].map(ToOwned::to_owned).to_vec(),
        fields: Vec::new(),
    }));
    // Last, because it ends the session that the other requests use.
    routes.sort_by_key(|route| route.path == "/auth/logout");
    routes
}

/// Replaces every parameter of the path by `value`; returns `None` if it has none.
fn with_parameters(path: &str, value: &str) -> Option<String> {
    let is_parameter = |segment: &&str| segment.starts_with('{');
    path.split('/').any(|segment| is_parameter(&segment)).then(|| {
        path.split('/')
            .map(|segment| if is_parameter(&segment) { value } else { segment })
            .collect::<Vec<_>>()
            .join("/")
    })
}

fn requests(route: &Route, user: &str) -> Vec<RawRequest> {
    let Route { method, path, queries, fields } = route;
    let base = with_parameters(path, user).unwrap_or_else(|| path.clone());
    let mut requests = Vec::new();
    for value in encoded_values() {
        requests.extend(with_parameters(path, &value).map(|path| RawRequest::new(method, path)));
        requests.push(RawRequest::new(method, format!("{base}?{value}={value}")));
        requests.extend(queries.iter().map(|name| RawRequest::new(method, format!("{base}?{name}={value}"))));
        // Each field alone, and all together with an unknown one and the redirects of plain forms.
        let all = fields.iter().map(|name| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let combined = format!("{all}&{value}={value}&_back={value}&_next={value}");
        let mut bodies: Vec<String> = fields.iter().map(|name| format!("{name}={value}")).collect();
        bodies.extend([combined, format!("_method={value}")]);
        if method != "get" {
            for body in bodies {
                requests.push(RawRequest::new(method, &base).body(FORM, body.clone()).header("accept", JSON));
                requests.push(RawRequest::new(method, &base).body(FORM, body).header("accept", "text/html"));
            }
            let part = format!(
                "--x\r\ncontent-disposition: form-data; name=\"{value}\"; filename=\"{value}\"\r\n\r\n{value}\r\n--x--\r\n"
            );
            requests.push(RawRequest::new(method, &base).body("multipart/form-data; boundary=x", part));
            requests.push(
                RawRequest::new(method, &base).body(&format!("multipart/form-data; boundary={value}"), "--x\r\n\r\n"),
            );
        }
    }
    if method != "get" {
        for value in json_values() {
            let bodies = fields.iter().map(|name| format!("{{\"{name}\":{value}}}"));
            for body in bodies.chain([value.clone(), format!("{{\"unknown\":{value}}}")]) {
                requests.push(RawRequest::new(method, &base).body(JSON, body));
            }
        }
        for body in [&b"\xff\xfe"[..], b"\xef\xbb\xbf{}", b"{\"email\":\"\xed\xa0\x80\"}", b"\x1f\x8b\x08\x00"] {
            for media_type in [JSON, FORM, "image/png", "application/json; charset=utf-16"] {
                requests.push(RawRequest::new(method, &base).body(media_type, body));
            }
        }
    }
    for value in header_values() {
        for name in HEADERS {
            requests.push(RawRequest::new(method, &base).header(name, value.clone()));
        }
        for name in ["session", "refresh_token", "device"] {
            requests.push(RawRequest::new(method, &base).header("cookie", [name.as_bytes(), b"=", &value].concat()));
        }
    }
    requests
}

/// Sends the requests of all routes; returns how many were sent, and the failures.
async fn send_all(app: &TestApp, credentials: Option<(&str, Vec<u8>)>, user: &TestUser) -> (usize, Vec<String>) {
    let address = app.origin.trim_start_matches("http://").to_owned();
    let requests = routes().iter().flat_map(|route| requests(route, &user.id)).collect::<Vec<_>>();
    // Hostile credentials are tested only without valid ones.
    let requests = requests.into_iter().filter_map(|request| match &credentials {
        Some(_) if request.headers.iter().any(|(name, _)| name == "authorization" || name == "cookie") => None,
        Some((name, value)) => Some(request.header(name, value.clone())),
        None => Some(request),
    });
    let outcomes = stream::iter(requests).map(|request| {
        let address = address.clone();
        async move { (request.failure(&address).await, request) }
    });
    let (mut sent, mut failures) = (0, Vec::new());
    let mut outcomes = outcomes.buffer_unordered(CONCURRENCY);
    while let Some((failure, request)) = outcomes.next().await {
        sent += 1;
        if let Some(failure) = failure {
            let request: String = String::from_utf8_lossy(&request.bytes()).chars().take(400).collect();
            failures.push(format!("{request:?}\n  {failure:?}"));
        }
    }
    (sent, failures)
}

/// Counts the rows of each table in TABLES.
async fn row_counts(app: &TestApp) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push(app.count(table).await);
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_values_cause_no_server_error_and_add_or_delete_no_account_row() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    let ann = test_user(&app, "ann").await;
    for is_bearer in [None, Some(true), Some(false)] {
        // A sign-in for each client, since one client may end the sign-ins of the others.
        let login = app.login("ann").await.expect(200);
        // Without a recent proof of identity and with a new username, no request deletes or renames the account.
        for statement in [
            "UPDATE users.sign_ins SET authenticated_at = now() - interval '1 hour'",
            "UPDATE users.users SET username_changed_at = now()",
        ] {
            sqlx::query(statement).execute(&app.pool).await.unwrap();
        }
        let token = app.refresh(&login.refresh_token()).await.expect(200).access_token();
        let credentials = is_bearer.map(|is_bearer| {
            if is_bearer {
                ("authorization", format!("Bearer {token}").into_bytes())
            } else {
                ("cookie", login.session().into_bytes())
            }
        });
        let client = credentials.as_ref().map_or("a visitor", |(name, _)| *name);
        let before = row_counts(&app).await;
        let (sent, failures) = send_all(&app, credentials, &ann).await;
        assert!(
            failures.is_empty(),
            "{client}: {} of {sent} requests failed, such as\n{}",
            failures.len(),
            failures[..failures.len().min(12)].join("\n")
        );
        assert!(sent > 3_000, "{sent}");
        assert_eq!(row_counts(&app).await, before, "{client}: {TABLES:?}");
    }
    app.get("/health").await.expect(200);
}
