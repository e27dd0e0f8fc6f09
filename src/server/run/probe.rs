//! `kith health`: a health check for containers without curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// Longer than `/health` waits for the database.
const PROBE_TIMEOUT: Duration = Duration::from_secs(4);

/// Requests `/health` of the service that listens on `address`, and returns the response body.
///
/// # Errors
/// If there is no response, or one other than 200.
pub async fn probe(address: SocketAddr) -> anyhow::Result<String> {
    let address = target(address);
    let client = reqwest::Client::builder().no_proxy().timeout(PROBE_TIMEOUT).build()?;
    let response = client
        .get(format!("http://{address}/health"))
        .send()
        .await
        .with_context(|| format!("the service at {address} does not respond"))?;
    let (status, text) = (response.status(), response.text().await?);
    ensure!(status == 200, "the service at {address} is not healthy ({status}): {text}");
    Ok(text)
}

/// Replaces the wildcard addresses 0.0.0.0 and [::] with loopback.
fn target(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
