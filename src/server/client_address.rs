//! Where a request comes from: the peer, or whom a trusted proxy names.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv6Net};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The networks that one subscriber may have all of, the narrowest first: the IPv4 address, or the IPv6
    /// /64, /56, /48 and /32 (RFC 6177).
    pub fn networks(self) -> Vec<String> {
        match self.0 {
            IpAddr::V4(address) => vec![address.to_string()],
            IpAddr::V6(address) => {
                let networks = [64, 56, 48, 32].into_iter().filter_map(|prefix| Ipv6Net::new(address, prefix).ok());
                networks.map(|network| network.trunc().to_string()).collect()
            }
        }
    }

    /// The network it belongs to, in CIDR notation: the first three bytes of an IPv4 address, or the /48 that one
    /// IPv6 site has. It tells providers apart, not people.
    pub fn network(self) -> String {
        let bits = if self.0.is_ipv4() { 24 } else { 48 };
        IpNet::new(self.0, bits).map_or_else(|_| self.0.to_string(), |net| net.trunc().to_string())
    }
}

/// Notes the client's address in the request's extensions.
pub async fn note_address(State(trusted): State<Arc<[IpNet]>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let address = client_address(peer, request.headers(), &trusted);
    request.extensions_mut().insert(address);
    next.run(request).await
}

/// Follows `X-Forwarded-For` from its end, where the nearest proxy has written, for as long as the
/// writer is trusted. Everything before that anybody can make up.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> ClientAddress {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut address = peer.to_canonical();
    let named = headers.get_all(X_FORWARDED_FOR).into_iter().rev();
    let named = named.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    for name in named {
        if !is_trusted(&address) {
            break;
        }
        let Some(next) = parse(name.trim()) else { break };
        address = next;
    }
    ClientAddress(address)
}

/// An address, with or without a port, as proxies write it.
fn parse(text: &str) -> Option<IpAddr> {
    let address = text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str], trusted: &str) -> String {
        let headers = forwarded.iter().map(|value| (X_FORWARDED_FOR, HeaderValue::from_static(value))).collect();
        let trusted: Vec<IpNet> = trusted.split(' ').filter_map(|net| net.parse().ok()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).0.to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("192.0.2.1", &["203.0.113.9"], ""), "192.0.2.1");
        assert_eq!(seen("10.0.0.2", &["203.0.113.9"], "10.0.0.0/8"), "203.0.113.9");
        assert_eq!(seen("::ffff:10.0.0.2", &["203.0.113.9"], "10.0.0.0/8"), "203.0.113.9");
    }

    #[test]
    fn what_the_client_made_up_is_passed_over() {
        assert_eq!(seen("10.0.0.2", &["1.1.1.1, 203.0.113.9"], "10.0.0.0/8"), "203.0.113.9");
        assert_eq!(seen("10.0.0.2", &["1.1.1.1", "203.0.113.9, 10.0.0.3"], "10.0.0.0/8"), "203.0.113.9");
        assert_eq!(seen("10.0.0.2", &["10.0.0.9, nonsense, 10.0.0.3"], "10.0.0.0/8"), "10.0.0.3");
        assert_eq!(seen("10.0.0.2", &[], "10.0.0.0/8"), "10.0.0.2");
    }

    #[test]
    fn ports_and_brackets_are_understood() {
        for (text, address) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), address);
        }
    }

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
