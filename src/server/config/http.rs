//! Settings for HTTP: the listen address, and how clients are treated.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;

use super::environment::{Environment, variables};
use super::values::switch;

variables! {
    LISTEN_ADDR: "an IP address and port such as 127.0.0.1:3000 or [::]:3000",
    RATE_LIMITS: "on or off",
    TRUSTED_PROXIES: "IP addresses or networks separated by commas, such as 10.0.0.0/8, 192.0.2.7",
    HSTS_INCLUDE_SUBDOMAINS: "on or off",
}

/// The default listen address, reachable only from this machine.
pub const DEFAULT_LISTEN_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// `LISTEN_ADDR`, by default 127.0.0.1:3000.
    pub listen_addr: SocketAddr,
    /// `RATE_LIMITS`, `on` by default.
    pub rate_limits: bool,
    /// `TRUSTED_PROXIES`: the proxies whose `X-Forwarded-For` is trusted. None by default.
    pub trusted_proxies: Vec<IpNet>,
    /// `HSTS_INCLUDE_SUBDOMAINS`, `off` by default: whether HSTS also covers all subdomains of `PUBLIC_URL`.
    pub hsts_include_subdomains: bool,
}

impl HttpSettings {
    pub(super) fn read<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> Self {
        Self {
            listen_addr: listen_addr(env),
            rate_limits: env.optional(RATE_LIMITS, switch).unwrap_or(true),
            trusted_proxies: env.optional(TRUSTED_PROXIES, networks).unwrap_or_default(),
            hsts_include_subdomains: env.optional(HSTS_INCLUDE_SUBDOMAINS, switch).unwrap_or(false),
        }
    }
}

pub(super) fn listen_addr<L: Fn(&str) -> Option<String>>(env: &mut Environment<L>) -> SocketAddr {
    env.optional(LISTEN_ADDR, |text| text.parse().ok()).unwrap_or(DEFAULT_LISTEN_ADDR)
}

fn networks(text: &str) -> Option<Vec<IpNet>> {
    text.split(',')
        .map(str::trim)
        .map(|item| item.parse().ok().or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from)))
        .collect()
}
