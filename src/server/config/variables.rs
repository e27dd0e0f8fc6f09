//! The environment variables by name, with what each one expects.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::environment::Variable;

/// Where the server listens when nobody says otherwise: this machine only.
pub const DEFAULT_LISTEN_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

macro_rules! variables {
    ($($name:ident: $expected:literal,)*) => {
        $(pub const $name: Variable = Variable { name: stringify!($name), expected: $expected };)*
    };
}

variables! {
    DATABASE_URL: "a PostgreSQL URL such as postgres://user:password@host:5432/database",
    JWT_PRIVATE_KEY: "an RSA private key of at least 2048 bits in PEM (PKCS#8 or PKCS#1), or base64 of it",
    JWT_PREVIOUS_KEYS: "RSA keys of at least 2048 bits in PEM, public or private, one after the other",
    EMAIL_API_KEY: "the key of the email provider (for SMTP, the password)",
    EMAIL_PROVIDER_URL: "smtp://user@host:port, smtps://user@host:port, https://host/path or http://host/path, without a password (that is EMAIL_API_KEY)",
    EMAIL_FROM: "an address such as Kith <no-reply@example.com>",
    PUBLIC_URL: "an origin without a path, such as https://kith.example.com",
    LISTEN_ADDR: "an IP address and port such as 127.0.0.1:3000 or [::]:3000",
    BCRYPT_COST: "a whole number from 4 to 31",
    AVATAR_STORE_URL: "file:///folder or s3://bucket/prefix",
    POOL_SIZE: "a whole number from 2 to 1000",
    POOL_TIMEOUT_MS: "a whole number of milliseconds from 100 to 10000",
    LOCK_TIMEOUT_MS: "a whole number of milliseconds from 10 to 5000",
    STATEMENT_TIMEOUT_MS: "a whole number of milliseconds from 100 to 60000",
    RATE_LIMITS: "on or off",
    TRUSTED_PROXIES: "IP addresses or networks separated by commas, such as 10.0.0.0/8, 192.0.2.7",
    SIGN_IN_DAYS: "a whole number from 1 to 3650",
    HSTS_INCLUDE_SUBDOMAINS: "on or off",
    UNVERIFIED_ACCOUNT_DAYS: "a whole number from 1 to 365",
    RUST_LOG: "log directives such as info or warn,kith=debug",
}
