//! A complete response, with the checks that tests need.

use cookie::Cookie;
use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, SET_COOKIE};
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct TestResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl TestResponse {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("a response");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a complete body") }
    }

    /// Panics unless the response has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Panics unless the response is an error in the common shape with this status and code.
    #[track_caller]
    pub fn expect_error(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text);
        assert_eq!(self.header("content-type"), "application/json");
        assert!(!self.header("x-request-id").is_empty());
        let body = self.json();
        assert_eq!(body.as_object().expect("an object").len(), 1, "{body}");
        assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        let fields = &body["error"]["fields"];
        assert_eq!(fields.is_object(), code == "VALIDATION_FAILED", "{body}");
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {:?}", self.text))
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The value of a header, or an empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub fn access_token(&self) -> String {
        self.json()["access_token"].as_str().expect("an access token").to_owned()
    }

    pub fn cookies(&self) -> Vec<Cookie<'static>> {
        let texts = self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().expect("text").to_owned());
        texts.map(|text| Cookie::parse(text).expect("a cookie")).collect()
    }

    #[track_caller]
    pub fn cookie(&self, name: &str) -> Cookie<'static> {
        let found = self.cookies().into_iter().find(|cookie| cookie.name() == name);
        found.unwrap_or_else(|| panic!("no cookie {name}: {:?}", self.headers))
    }

    pub fn refresh_token(&self) -> String {
        self.cookie("refresh_token").value().to_owned()
    }

    /// The `Cookie` header that a browser sends to pages after this response: the page session and the outcome of a
    /// form.
    #[track_caller]
    pub fn session(&self) -> String {
        let is_for_pages =
            |cookie: &Cookie| matches!(cookie.name(), "__Host-session" | "__Host-flash" | "__Host-unsent");
        let cookies = self.cookies().into_iter().filter(is_for_pages);
        let pairs: Vec<_> = cookies.map(|cookie| cookie.stripped().to_string()).collect();
        assert!(!pairs.is_empty(), "no cookie for pages: {:?}", self.headers);
        pairs.join("; ")
    }
}
