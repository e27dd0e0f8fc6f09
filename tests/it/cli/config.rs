//! Settings that the service accepts from its environment.

use std::collections::HashMap;
use std::io::Write as _;

use kith::server::config::Settings;
use kith::server::config::environment::ConfigError;

use crate::support::app::KEY;
use crate::support::log::Log;

type Variables = HashMap<String, String>;

/// The three required variables (USER-INFRA-001.1).
fn required() -> Variables {
    variables(&[
        ("DATABASE_URL", "postgres://kith:hunter2@db/kith"),
        ("JWT_PRIVATE_KEY", &KEY),
        ("EMAIL_API_KEY", "sesame"),
    ])
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn read(variables: &Variables) -> Result<Settings, ConfigError> {
    Settings::from_lookup(|name| variables.get(name).cloned())
}

fn read_with(name: &str, value: &str) -> Result<Settings, ConfigError> {
    let mut all = required();
    all.insert(name.to_owned(), value.to_owned());
    read(&all)
}

#[test]
fn three_variables_are_enough() {
    let settings = read(&required()).expect("valid settings");
    assert_eq!(settings.http.listen_addr.to_string(), "127.0.0.1:3000");
    assert_eq!(settings.signing.public_url.as_str(), "http://localhost:3000/");
    assert_eq!(settings.mail.from.to_string(), "Kith <no-reply@localhost>");
    assert_eq!((settings.accounts.bcrypt_cost, settings.http.rate_limits), (12, true));
    assert_eq!(settings.pictures.store_url.as_str(), "file:///var/lib/kith/avatars");
    assert!(settings.http.trusted_proxies.is_empty() && settings.mail.provider_url.is_none());
}

#[test]
fn all_problems_are_reported_at_once_without_the_values() {
    let broken = variables(&[
        ("JWT_PRIVATE_KEY", "hunter2"),
        ("EMAIL_API_KEY", ""),
        ("DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("EMAIL_PROVIDER_URL", "smtp://u:hunter2@h"),
        ("EMAIL_FROM", "hunter2"),
        ("PUBLIC_URL", "https://kith.example/hunter2"),
        ("LISTEN_ADDR", "hunter2"),
        ("BCRYPT_COST", "3"),
        ("DELETION_GRACE_DAYS", "hunter2"),
        ("USERNAME_HOLD_DAYS", "hunter2"),
        ("RESET_MINUTES", "hunter2"),
        ("AVATAR_STORE_URL", "ftp://hunter2"),
        ("RATE_LIMITS", "hunter2"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,hunter2"),
        ("RUST_LOG", "kith=hunter2"),
    ]);
    let error = read(&broken).expect_err("invalid settings").to_string();
    assert_eq!(error.lines().count(), 1 + broken.len(), "{error}");
    for name in broken.keys() {
        assert!(error.contains(&format!("\n  {name} is ")), "{name} is not in {error}");
    }
    assert!(error.contains("EMAIL_API_KEY is missing"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn secrets_are_not_printed() {
    let printed = format!("{:?}", read(&required()).expect("valid settings"));
    assert!(!printed.contains("hunter2") && !printed.contains("sesame") && !printed.contains("PRIVATE KEY"));
}

#[test]
fn secrets_can_come_from_files() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    write!(file, "postgres://kith@from-file/kith\r\n").expect("written");
    let path = file.path().to_str().expect("text");
    let mut all = required();
    all.remove("DATABASE_URL");
    all.insert("DATABASE_URL_FILE".to_owned(), path.to_owned());
    let settings = read(&all).expect("valid settings");
    assert_eq!(settings.database.options.get_host(), "from-file");

    all.insert("DATABASE_URL".to_owned(), "postgres://kith@db/kith".to_owned());
    let error = read(&all).expect_err("both are set").to_string();
    assert!(error.contains("DATABASE_URL and DATABASE_URL_FILE are both set"), "{error}");

    let error = read_with("EMAIL_API_KEY_FILE", "/nowhere").expect_err("both are set").to_string();
    assert!(error.contains("EMAIL_API_KEY"), "{error}");
    all.remove("DATABASE_URL");
    all.insert("DATABASE_URL_FILE".to_owned(), "/nowhere".to_owned());
    let error = read(&all).expect_err("no such file").to_string();
    assert!(error.contains("DATABASE_URL_FILE cannot be read"), "{error}");
}

/// The keys were created with OpenSSL 3: `genrsa -traditional 2048`, `genrsa 1024`, `genpkey -algorithm ed25519`.
#[test]
fn the_key_must_be_rsa_with_at_least_2048_bits() {
    let one_line = KEY.replace('\n', "\\n");
    assert!(read_with("JWT_PRIVATE_KEY", &one_line).is_ok(), "escaped line ends, as in environment files");
    assert!(read_with("JWT_PRIVATE_KEY", &KEY.replace('\n', "\r\n")).is_ok());
    assert!(read_with("JWT_PRIVATE_KEY", include_str!("../support/keys/rsa2048_pkcs1.pem")).is_ok());
    for unsuitable in
        [include_str!("../support/keys/rsa1024.pem"), include_str!("../support/keys/ed25519.pem"), &KEY[..200]]
    {
        let error = read_with("JWT_PRIVATE_KEY", unsuitable).expect_err("an unsuitable key").to_string();
        assert!(error.contains("JWT_PRIVATE_KEY is malformed"), "{error}");
    }
}

#[test]
fn accepted_and_rejected_values() {
    for (name, good, bad) in [
        ("EMAIL_PROVIDER_URL", "smtp://kith%40example.org@mail:2525", "smtp://"),
        ("EMAIL_PROVIDER_URL", "https://api.mail.example/v1/send", "mailto:x@y.z"),
        ("EMAIL_FROM", "no-reply@example.com", "no-reply"),
        ("PUBLIC_URL", "https://kith.example:8443", "kith.example"),
        ("PUBLIC_URL", "https://kith.example/", "https://user@kith.example"),
        ("LISTEN_ADDR", "[::]:80", "3000"),
        ("BCRYPT_COST", "31", "32"),
        ("AVATAR_STORE_URL", "s3://bucket/prefix", "file://host/folder"),
        ("RATE_LIMITS", "off", "no"),
        ("HSTS_INCLUDE_SUBDOMAINS", "on", "yes"),
        ("TRUSTED_PROXIES", " 10.0.0.0/8, 192.0.2.7,::1 ", "10.0.0.0/33"),
        ("RUST_LOG", "warn,kith=debug", "kith=loud"),
    ] {
        assert!(read_with(name, good).is_ok(), "{name}={good}: {:?}", read_with(name, good));
        assert!(read_with(name, bad).is_err(), "{name}={bad}");
    }
    let proxies = read_with("TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.7").expect("valid settings").http.trusted_proxies;
    assert!(proxies[1].contains(&"192.0.2.7".parse::<std::net::IpAddr>().expect("an address")));
    assert_eq!(proxies[1].prefix_len(), 32);
}

#[test]
fn any_number_of_previous_rsa_keys_is_accepted() {
    let keys = |text: &str| read_with("JWT_PREVIOUS_KEYS", text).map(|settings| settings.signing.previous_keys.len());
    assert_eq!(keys(&format!("{}{}", *KEY, include_str!("../support/keys/rsa2048_pkcs1.pem"))).unwrap(), 2);
    assert_eq!(keys(&KEY.replace('\n', "\\n")).unwrap(), 1);
    for bad in ["nonsense", include_str!("../support/keys/rsa1024.pem"), include_str!("../support/keys/ed25519.pem")] {
        assert!(keys(bad).unwrap_err().to_string().contains("JWT_PREVIOUS_KEYS is malformed"));
    }
}

#[test]
fn an_https_origin_without_trusted_proxies_logs_a_warning() {
    let warnings = |settings: Settings| {
        let log = Log::capture();
        settings.log_warnings();
        log.lines("WARN", "TRUSTED_PROXIES is not set").len()
    };
    assert_eq!(warnings(read_with("PUBLIC_URL", "https://kith.example").unwrap()), 1);
    assert_eq!(warnings(read(&required()).unwrap()), 0);
    let mut behind = required();
    behind.insert("PUBLIC_URL".to_owned(), "https://kith.example".to_owned());
    behind.insert("TRUSTED_PROXIES".to_owned(), "10.0.0.0/8".to_owned());
    assert_eq!(warnings(read(&behind).unwrap()), 0);
}

#[test]
fn unverified_accounts_last_a_week_by_default() {
    assert_eq!(read(&required()).unwrap().accounts.unverified_days, 7);
    assert_eq!(read_with("UNVERIFIED_ACCOUNT_DAYS", "30").unwrap().accounts.unverified_days, 30);
    for bad in ["0", "366", "-1", "week"] {
        assert!(read_with("UNVERIFIED_ACCOUNT_DAYS", bad).is_err(), "{bad}");
    }
}

#[test]
fn the_limits_of_account_self_service_have_defaults_and_bounds() {
    let settings = |name: &str, value: &str| read_with(name, value).map(|settings| settings.accounts.self_service);
    let defaults = read(&required()).unwrap().accounts.self_service;
    assert_eq!(
        (defaults.deletion_grace_days, defaults.username_hold_days, defaults.reset_minutes),
        (14, Some(180), 60)
    );
    assert_eq!(settings("DELETION_GRACE_DAYS", "0").unwrap().deletion_grace_days, 0);
    assert_eq!(settings("DELETION_GRACE_DAYS", "365").unwrap().deletion_grace_days, 365);
    assert_eq!(settings("USERNAME_HOLD_DAYS", "0").unwrap().username_hold_days, None, "for ever");
    assert_eq!(settings("USERNAME_HOLD_DAYS", "3650").unwrap().username_hold_days, Some(3650));
    assert_eq!(settings("RESET_MINUTES", "1").unwrap().reset_minutes, 1);
    assert_eq!(settings("RESET_MINUTES", "1440").unwrap().reset_minutes, 1440);
    for (name, bad) in [
        ("DELETION_GRACE_DAYS", ["366", "-1", "1.5", "week"]),
        ("USERNAME_HOLD_DAYS", ["3651", "-1", "1.5", "ever"]),
        ("RESET_MINUTES", ["0", "1441", "-1", "60m"]),
    ] {
        for bad in bad {
            let error = settings(name, bad).unwrap_err().to_string();
            assert!(error.contains(&format!("\n  {name} is malformed")), "{bad}: {error}");
        }
    }
}

#[test]
fn keys_are_accepted_in_the_formats_of_hosting_platforms() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    let pem = KEY.as_str();
    let in_lines = |text: &str, end: &str| {
        let lines: Vec<&str> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        lines.join(end)
    };
    let base64 = STANDARD.encode(pem);
    let windows = pem.replace('\n', "\r\n");
    for encoded in [
        pem.replace('\n', "\\r\\n"),
        format!("\"{}\"", pem.replace('\n', "\\n")),
        format!("'{pem}'"),
        base64.clone(),
        STANDARD_NO_PAD.encode(pem.trim_end()),
        in_lines(&base64, "\n"),
        in_lines(&base64, "\r\n"),
        in_lines(&base64, "\\n"),
        STANDARD.encode(&windows),
        format!("\"{base64}\""),
    ] {
        for variable in ["JWT_PRIVATE_KEY", "JWT_PREVIOUS_KEYS"] {
            assert!(read_with(variable, &encoded).is_ok(), "{variable}: {}", &encoded[..40]);
        }
    }
    assert!(read_with("JWT_PRIVATE_KEY", &STANDARD.encode("nonsense")).is_err());
}

#[test]
fn an_origin_with_an_ipv6_address_is_accepted() {
    let settings = read_with("PUBLIC_URL", "http://[::1]:3000").expect("valid settings");
    assert_eq!(settings.signing.public_url.as_str(), "http://[::1]:3000/");
    assert_eq!(settings.mail.from.to_string(), "Kith <no-reply@localhost>");
}

#[test]
fn database_url_parameters_that_would_be_ignored_are_named_without_their_values() {
    let url = |query: &str| read_with("DATABASE_URL", &format!("postgres://kith:hunter2@db/kith?{query}"));
    for good in [
        "sslmode=require",
        "channel_binding=prefer&target_session_attrs=read-write&application_name=kith%20one",
        "options=-c%20search_path%3Dusers&options[geqo]=off",
    ] {
        assert!(url(good).is_ok(), "{good}: {:?}", url(good));
    }
    let kept = url("target_session_attrs=primary&application_name=kith%20one").unwrap();
    assert_eq!(kept.database.options.get_application_name(), Some("kith one"));
    for (bad, named) in [
        ("channel_binding=require", "channel_binding=require"),
        ("target_session_attrs=standby", "target_session_attrs=standby"),
        ("sslmode=require&conect_timeout=hunter2", "conect_timeout"),
        ("pgbouncer=true&gssencmode=require", "pgbouncer, gssencmode"),
    ] {
        let error = url(bad).expect_err(bad).to_string();
        assert!(error.contains(named) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn replicas_and_the_server_behind_a_pooler_are_optional() {
    let settings = read(&required()).unwrap().database;
    assert!(settings.replicas.is_empty() && settings.direct.is_none());
    assert_eq!(settings.direct().get_host(), "db");
    let urls = " postgres://kith@one/kith, postgres://kith:a%2Cb@two:5433/kith";
    let replicas = read_with("DATABASE_REPLICA_URLS", urls).unwrap().database.replicas;
    let hosts: Vec<_> = replicas.iter().map(|options| (options.get_host(), options.get_port())).collect();
    assert_eq!(hosts, [("one", 5432), ("two", 5433)]);
    let pooled = read_with("DATABASE_DIRECT_URL", "postgres://kith@server/kith").unwrap().database;
    assert_eq!((pooled.options.get_host(), pooled.direct().get_host()), ("db", "server"));
    for (name, bad) in [
        ("DATABASE_REPLICA_URLS", "postgres://kith@one/kith,"),
        ("DATABASE_REPLICA_URLS", "one,two"),
        ("DATABASE_DIRECT_URL", "server"),
    ] {
        let error = read_with(name, bad).unwrap_err().to_string();
        assert!(error.contains(&format!("{name} is malformed")), "{error}");
    }
    let error = read_with("DATABASE_REPLICA_URLS", "postgres://kith@one/kith?sslmodes=require").unwrap_err();
    assert!(error.to_string().contains("DATABASE_REPLICA_URLS has unsupported parameters: remove sslmodes"), "{error}");
}

#[test]
fn a_list_of_hosts_is_rejected_with_the_remedy() {
    for list in [
        "postgres://kith:hunter2@one:5432,two:5433/kith",
        "postgres://one,two/kith",
        "postgres://kith:hunter2@one/kith?host=one,two",
        "postgres:///kith?host=one,two&port=1,2",
    ] {
        let error = read_with("DATABASE_URL", list).unwrap_err().to_string();
        assert!(error.contains("DATABASE_URL is a list of hosts: use one address that moves"), "{list}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
