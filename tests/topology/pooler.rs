//! PgBouncer between the service and PostgreSQL.

use std::fmt::Write as _;
use std::fs;
use std::process::Child;

use futures::future::join_all;
use reqwest::Method;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::node::{Node, as_owner, data_dir, url};
use crate::service::Service;
use crate::support::outbox::wait_until;
use crate::support::process::free_address;
use crate::support::response::TestResponse;

/// A PgBouncer in front of a server. It is killed when dropped.
struct PgBouncer {
    port: u16,
    process: Child,
    _dir: TempDir,
}

impl PgBouncer {
    /// Starts it in this pool mode, with additional settings.
    async fn start(node: &Node, mode: &str, settings: &str) -> Self {
        let dir = data_dir();
        let port: u16 = free_address().rsplit(':').next().unwrap().parse().unwrap();
        let mut config = format!("[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\n", node.port);
        write!(config, "listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\npool_mode = {mode}\n")
            .unwrap();
        write!(config, "auth_type = any\nmax_client_conn = 200\ndefault_pool_size = 40\n{settings}\n").unwrap();
        let path = dir.path().join("pgbouncer.ini");
        // `auth_type = any` signs in as the user that is named here.
        fs::write(&path, config.replace("port=", "user=kith port=")).unwrap();
        let process = as_owner("pgbouncer").arg(&path).spawn().expect("pgbouncer: run the tests with `make test`");
        wait_until("PgBouncer listens", async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        Self { port, process, _dir: dir }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What docs/operations.md says about the role.
const ROLE: [&str; 3] = [
    "ALTER ROLE kith SET statement_timeout = '5s'",
    "ALTER ROLE kith SET lock_timeout = '250ms'",
    "ALTER ROLE kith SET idle_in_transaction_session_timeout = '10s'",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_service_works_through_a_pooler_in_session_mode() {
    let node = Node::primary().await;
    node.run(&ROLE).await;
    let pooler = PgBouncer::start(&node, "session", "").await;
    let service = Service::start(&[("DATABASE_URL", &url(pooler.port)), ("DATABASE_DIRECT_URL", &node.url())]).await;
    service.get("/readyz").await.expect(200);
    for response in join_all(["ann", "ben", "cat"].map(|name| service.register(name))).await {
        response.expect(201);
    }
    node.run(&["UPDATE users.users SET email_verified = true"]).await;
    let (ann, ben) = (service.login("ann").await, service.login("ben").await);
    for response in join_all((0..64).map(|number| {
        let (service, ann) = (&service, &ann);
        async move { service.patch(ann, &number.to_string()).await }
    }))
    .await
    {
        response.expect(200);
    }
    let follow = service.request(Method::POST, &format!("/users/{}/follow", ben.id)).bearer_auth(&ann.token);
    TestResponse::of(follow).await.expect(201);
    let followers = service.request(Method::GET, &format!("/users/{}/followers", ben.id)).bearer_auth(&ann.token);
    assert_eq!(TestResponse::of(followers).await.expect(200).json()["items"][0]["username"], "ann");
    service.process.signal(nix::sys::signal::Signal::SIGTERM);
    let lines = service.process.remaining_lines();
    assert!(!lines.iter().any(|line| line.contains("the role has no limit")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_settings_of_the_role_are_named_at_startup() {
    let node = Node::primary().await;
    node.run(&ROLE[..2]).await;
    let pooler = PgBouncer::start(&node, "session", "").await;
    let mut service =
        Service::start(&[("DATABASE_URL", &url(pooler.port)), ("DATABASE_DIRECT_URL", &node.url())]).await;
    let line = service.process.line("the role has no limit");
    assert!(line.contains("idle_in_transaction_session_timeout"), "{line}");
}

/// Debian 12 has PgBouncer 1.18, which does not translate the names of prepared statements.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_mixes_up_prepared_statements_is_rejected_at_startup() {
    let node = Node::primary().await;
    let pooler = PgBouncer::start(&node, "transaction", "").await;
    let mut service = Service::launch(&[("DATABASE_URL", &url(pooler.port)), ("DATABASE_DIRECT_URL", &node.url())]);
    assert_eq!(service.process.exit_code(), Some(78));
    let errors = errors(&mut service);
    assert!(errors.contains("PgBouncer 1.21 or later with max_prepared_statements"), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_without_a_direct_url_is_rejected_at_startup() {
    let node = Node::primary().await;
    let pooler = PgBouncer::start(&node, "session", "").await;
    let mut service = Service::launch(&[("DATABASE_URL", &url(pooler.port))]);
    assert_eq!(service.process.exit_code(), Some(78));
    let errors = errors(&mut service);
    assert!(errors.contains("set DATABASE_DIRECT_URL to the server behind it"), "{errors}");
}

/// What the process has written to stderr.
fn errors(service: &mut Service) -> String {
    let mut errors = String::new();
    std::io::Read::read_to_string(service.process.child.stderr.as_mut().unwrap(), &mut errors).unwrap();
    errors
}
