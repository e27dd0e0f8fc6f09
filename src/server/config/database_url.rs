//! `DATABASE_URL`: what is read from it, and what cannot be.

use sqlx::postgres::PgConnectOptions;
use url::Url;

/// What sqlx reads (`options[…]` too); it ignores everything else.
const READ: [&str; 20] = [
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

/// Why a URL cannot be used. Holds names of parameters, and never a value that may be secret.
#[derive(Debug, PartialEq, Eq)]
pub enum UrlError {
    Malformed,
    /// Parameters that would be ignored.
    Unsupported(Vec<String>),
}

/// Reads the URL.
///
/// `channel_binding` is accepted where it may be left out, `target_session_attrs` where it asks for a
/// server that can be written to: the service is not ready on any other.
///
/// # Errors
/// When it is none of PostgreSQL, or has parameters that would be ignored: they may have been put there
/// for safety.
pub fn parse(text: &str) -> Result<PgConnectOptions, UrlError> {
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(UrlError::Malformed);
    }
    let mut url: Url = text.parse().map_err(|_| UrlError::Malformed)?;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
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

/// The parameter as it is to be named, if it would be ignored.
fn unsupported(name: &str, value: &str) -> Option<String> {
    let supported = match name {
        "channel_binding" => matches!(value, "disable" | "prefer"),
        "target_session_attrs" => matches!(value, "any" | "read-write" | "primary"),
        _ if name.starts_with("options[") => true,
        _ => READ.contains(&name),
    };
    // The values of these two are fixed words.
    let with_value = matches!(name, "channel_binding" | "target_session_attrs") && value.len() < 20;
    (!supported).then(|| if with_value { format!("{name}={value}") } else { name.to_owned() })
}
