//! The browser or program of a sign-in, by which its user can recognize it.

/// Stored length of a user agent, in characters.
const USER_AGENT_MAX: usize = 256;

/// Substrings of user agents and the browsers that they identify. The first match counts, since browsers also name
/// those that they are compatible with.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("YaBrowser", "Yandex Browser"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
];

/// The same for operating systems.
const SYSTEMS: [(&str, &str); 8] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("iPod", "iOS"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// The client of a request.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub user_agent: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// The network of the address, in CIDR notation.
    pub network: Option<String>,
}

impl Client {
    /// `user_agent` is truncated to 256 characters, and `None` if it is not text.
    #[must_use]
    pub fn new(user_agent: Option<&str>, address: Option<String>, network: Option<String>) -> Self {
        let user_agent = user_agent.map(|text| text.chars().take(USER_AGENT_MAX).collect());
        Self { user_agent, address, network }
    }
}

/// Returns the browser that a user agent identifies, such as “Firefox”.
#[must_use]
pub fn browser(user_agent: &str) -> Option<&'static str> {
    find(&BROWSERS, user_agent)
}

/// Returns the operating system that a user agent identifies, such as “Windows”.
#[must_use]
pub fn system(user_agent: &str) -> Option<&'static str> {
    find(&SYSTEMS, user_agent)
}

fn find(names: &[(&str, &'static str)], user_agent: &str) -> Option<&'static str> {
    names.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_names_its_browser_and_system() {
        let webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                ("Firefox", "Windows"),
            ),
            (
                &format!("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {webkit} Version/18.1 Safari/605.1.15"),
                ("Safari", "macOS"),
            ),
            (
                &format!(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {webkit} Version/18.1 Mobile/15E148 Safari/604.1"
                ),
                ("Safari", "iOS"),
            ),
            (
                &format!(
                    "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) {webkit} CriOS/142.0 Mobile/15E148 Safari/604.1"
                ),
                ("Chrome", "iPadOS"),
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 15; Pixel 9) {webkit} Chrome/142.0.0.0 Mobile Safari/537.36"),
                ("Chrome", "Android"),
            ),
            (
                &format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"),
                ("Edge", "Linux"),
            ),
        ] {
            assert_eq!((browser(agent), system(agent)), (Some(expected.0), Some(expected.1)), "{agent}");
        }
        assert_eq!((browser("curl/8.9.1"), system("curl/8.9.1")), (Some("curl"), None));
        assert_eq!((browser(""), system("python-requests/2.32")), (None, None));
    }
}
