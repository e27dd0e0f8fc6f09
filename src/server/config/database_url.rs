//! Parses `DATABASE_URL`, and rejects parameters that would be ignored.

use sqlx::postgres::PgConnectOptions;
use url::Url;

/// The parameters that sqlx reads, besides `options[…]`. It ignores all others.
const SUPPORTED: [&str; 20] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "channel_binding",
    "target_session_attrs",
];

/// Why a URL was rejected. Contains parameter names, but never a value that may be secret.
#[derive(Debug, PartialEq, Eq)]
pub enum UrlError {
    Malformed,
    /// Parameters that would be ignored.
    Unsupported(Vec<String>),
    /// A list of hosts, as libpq accepts it. sqlx connects to one.
    SeveralHosts,
}

/// Parses the URL.
///
/// `channel_binding` is accepted if it is optional, and `target_session_attrs` if it allows a writable server: the
/// service is not ready on any other.
///
/// # Errors
/// If it is not a PostgreSQL URL, or has parameters that would be ignored: they may have been added for security.
pub fn parse(text: &str) -> Result<PgConnectOptions, UrlError> {
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(UrlError::Malformed);
    }
    let authority = text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    if authority.rsplit('@').next().is_some_and(|hosts| hosts.contains(',')) {
        return Err(UrlError::SeveralHosts);
    }
    let mut url: Url = text.parse().map_err(|_| UrlError::Malformed)?;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if pairs.iter().any(|(name, value)| matches!(name.as_str(), "host" | "hostaddr" | "port") && value.contains(',')) {
        return Err(UrlError::SeveralHosts);
    }
    let unsupported: Vec<String> = pairs.iter().filter_map(|(name, value)| unsupported(name, value)).collect();
    if !unsupported.is_empty() {
        return Err(UrlError::Unsupported(unsupported));
    }
    let for_sqlx =
        pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "channel_binding" | "target_session_attrs"));
    if for_sqlx.clone().count() < pairs.len() {
        url.query_pairs_mut().clear().extend_pairs(for_sqlx);
    }
    url.as_str().parse().map_err(|_| UrlError::Malformed)
}

/// Returns how to report the parameter, if it would be ignored.
fn unsupported(name: &str, value: &str) -> Option<String> {
    let supported = match name {
        "channel_binding" => matches!(value, "disable" | "prefer"),
        "target_session_attrs" => matches!(value, "any" | "read-write" | "primary"),
        _ if name.starts_with("options[") => true,
        _ => SUPPORTED.contains(&name),
    };
    // The values of these two are keywords, not secrets.
    let with_value = matches!(name, "channel_binding" | "target_session_attrs") && value.len() < 20;
    (!supported).then(|| if with_value { format!("{name}={value}") } else { name.to_owned() })
}
