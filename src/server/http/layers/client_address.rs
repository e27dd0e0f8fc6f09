//! Determines the client's address: the peer, or the address that a trusted proxy reports.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::rest::server::request::ClientAddress;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Adds the client's address to the request's extensions.
pub fn record_client_address(mut request: Request, trusted_proxies: &[IpNet]) -> Request {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let address = client_address(peer, request.headers(), trusted_proxies);
    request.extensions_mut().insert(address);
    request
}

/// Reads `X-Forwarded-For` from its end, where the nearest proxy appends, for as long as each proxy is trusted.
/// Everything before that could be forged.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> ClientAddress {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut address = peer.to_canonical();
    let forwarded = headers.get_all(X_FORWARDED_FOR).into_iter().rev();
    let forwarded = forwarded.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    for entry in forwarded {
        if !is_trusted(&address) {
            break;
        }
        let Some(next) = parse(entry.trim()) else { break };
        address = next;
    }
    ClientAddress(address)
}

/// Parses an address as proxies write it, with or without a port.
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
    fn only_trusted_proxies_may_set_the_client_address() {
        assert_eq!(seen("192.0.2.1", &["203.0.113.9"], ""), "192.0.2.1");
        assert_eq!(seen("10.0.0.2", &["203.0.113.9"], "10.0.0.0/8"), "203.0.113.9");
        assert_eq!(seen("::ffff:10.0.0.2", &["203.0.113.9"], "10.0.0.0/8"), "203.0.113.9");
    }

    #[test]
    fn forged_entries_are_ignored() {
        assert_eq!(seen("10.0.0.2", &["1.1.1.1, 203.0.113.9"], "10.0.0.0/8"), "203.0.113.9");
        assert_eq!(seen("10.0.0.2", &["1.1.1.1", "203.0.113.9, 10.0.0.3"], "10.0.0.0/8"), "203.0.113.9");
        assert_eq!(seen("10.0.0.2", &["10.0.0.9, nonsense, 10.0.0.3"], "10.0.0.0/8"), "10.0.0.3");
        assert_eq!(seen("10.0.0.2", &[], "10.0.0.0/8"), "10.0.0.2");
    }

    #[test]
    fn ports_and_brackets_are_accepted() {
        for (text, address) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), address);
        }
    }
}
