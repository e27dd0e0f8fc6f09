//! `kith health`: what a container's health check asks, where there is no curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// Longer than `/health` waits for the database.
const PROBE_TIMEOUT: Duration = Duration::from_secs(4);

/// What `/health` of the service that listens on `address` says.
///
/// # Errors
/// When it does not answer, or anything but 200.
pub async fn probe(address: SocketAddr) -> anyhow::Result<String> {
    let address = reachable(address);
    let client = reqwest::Client::builder().no_proxy().timeout(PROBE_TIMEOUT).build()?;
    let answer = client
        .get(format!("http://{address}/health"))
        .send()
        .await
        .with_context(|| format!("the service at {address} does not answer"))?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status == 200, "the service at {address} is not healthy ({status}): {text}");
    Ok(text)
}

/// 0.0.0.0 and [::] are for listening; one asks this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
