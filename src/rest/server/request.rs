//! What the server knows about a request, in the request's extensions.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use ipnet::{IpNet, Ipv6Net};

use crate::model::id::UserId;

/// The client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Returns the networks that a single subscriber may own, narrowest first: the IPv4 address, or the IPv6 /64, /56,
    /// /48 and /32 (RFC 6177).
    pub fn networks(self) -> Vec<String> {
        match self.0 {
            IpAddr::V4(address) => vec![address.to_string()],
            IpAddr::V6(address) => {
                let networks = [64, 56, 48, 32].into_iter().filter_map(|prefix| Ipv6Net::new(address, prefix).ok());
                networks.map(|network| network.trunc().to_string()).collect()
            }
        }
    }

    /// Returns the network of the address in CIDR notation: the /24 of an IPv4 address, or the /48 that an IPv6 site
    /// has. It distinguishes providers, not users.
    pub fn network(self) -> String {
        let bits = if self.0.is_ipv4() { 24 } else { 48 };
        IpNet::new(self.0, bits).map_or_else(|_| self.0.to_string(), |net| net.trunc().to_string())
    }
}

/// The user that a request comes from, if any, for the request log.
#[derive(Clone, Default)]
pub struct RequestUser(Arc<OnceLock<UserId>>);

impl RequestUser {
    pub fn set(&self, user: UserId) {
        self.0.get_or_init(|| user);
    }

    pub fn get(&self) -> Option<UserId> {
        self.0.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_ipv4_address_or_nested_ipv6_networks() {
        let networks = |text: &str| ClientAddress(text.parse().unwrap()).networks();
        assert_eq!(networks("203.0.113.9"), ["203.0.113.9"]);
        assert_eq!(
            networks("2001:db8:1:234:3:4:5:6"),
            ["2001:db8:1:234::/64", "2001:db8:1:200::/56", "2001:db8:1::/48", "2001:db8::/32"]
        );
    }
}
