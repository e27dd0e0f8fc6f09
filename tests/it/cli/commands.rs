//! The command line: `kith serve`, `kith migrate`, `kith health`, `kith --help`.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use nix::sys::signal::Signal;
use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::support::app::KEY;
use crate::support::database::{TestDatabase, connect_to, create_latin1, database_url};
use crate::support::outbox::wait_until;
use crate::support::process::{Process, free_address, kith, output, serve, wait_until_healthy};
use crate::support::smtp::SmtpServer;

#[test]
fn serve_names_every_missing_setting_and_exits_with_78() {
    let output = output(kith(&["serve"]));
    assert_eq!(output.status.code(), Some(78));
    let stderr = String::from_utf8(output.stderr).expect("text");
    for name in ["DATABASE_URL", "JWT_PRIVATE_KEY", "EMAIL_API_KEY"] {
        assert!(stderr.contains(&format!("{name} is missing")), "{stderr}");
    }
}

#[test]
fn help_and_version_work_and_unknown_commands_are_rejected() {
    let help = output(kith(&["--help"]));
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).expect("text");
    assert!(["serve", "dev", "migrate", "postgres"].iter().all(|name| text.contains(name)), "{text}");
    let version = output(kith(&["--version"]));
    assert_eq!(String::from_utf8(version.stdout).expect("text").trim(), concat!("kith ", env!("CARGO_PKG_VERSION")));
    assert_eq!(output(kith(&["fly"])).status.code(), Some(2));
}

#[tokio::test]
async fn user_infra_001_1_s1_three_variables_start_a_healthy_service_that_sigterm_stops() {
    let database = TestDatabase::create().await;
    let address = free_address();
    let mut process = Process::start(serve(&database, &address));
    wait_until_healthy(&address).await;
    process.signal(Signal::SIGTERM);
    assert_eq!(process.exit_code(), Some(0));
}

/// Containers use this for health checks, because the image has no HTTP client.
#[tokio::test]
async fn health_checks_the_service_at_the_listen_address() {
    let database = TestDatabase::create().await;
    let address = free_address();
    let check = |listen: &str| {
        let mut command = kith(&["health"]);
        command.env("LISTEN_ADDR", listen);
        output(command)
    };
    let down = check(&address);
    assert_eq!(down.status.code(), Some(1));
    let stderr = String::from_utf8(down.stderr).expect("text");
    assert!(stderr.contains(&format!("the service at {address} does not respond")), "{stderr}");

    let _process = Process::start(serve(&database, &address));
    wait_until_healthy(&address).await;
    // Inside the image, the service listens on all addresses.
    let everywhere = address.replace("127.0.0.1", "0.0.0.0");
    for listen in [&address, &everywhere] {
        let up = check(listen);
        assert_eq!((up.status.code(), up.stdout.as_slice()), (Some(0), b"{\"status\":\"ok\"}\n".as_slice()));
    }

    crate::support::database::block_connections(&database.pool).await;
    let unhealthy = check(&address);
    assert_eq!(unhealthy.status.code(), Some(1));
    let stderr = String::from_utf8(unhealthy.stderr).expect("text");
    assert!(stderr.contains("is not healthy (503"), "{stderr}");
}

#[tokio::test]
async fn a_request_in_progress_completes_before_the_service_exits() {
    let database = TestDatabase::create().await;
    let address = free_address();
    let mut command = serve(&database, &address);
    // About a second of hashing, so that the request is still in progress when the signal arrives.
    command.env("BCRYPT_COST", "14");
    let mut process = Process::start(command);
    wait_until_healthy(&address).await;
    let body =
        serde_json::json!({ "email": "ann@example.org", "username": "ann", "password": "correct horse battery" });
    let request = reqwest::Client::new().post(format!("http://{address}/auth/register")).json(&body).send();
    let response = tokio::spawn(request);
    tokio::time::sleep(Duration::from_millis(150)).await;
    process.signal(Signal::SIGTERM);
    assert_eq!(response.await.expect("a task").expect("a response").status(), 201);
    assert_eq!(process.exit_code(), Some(0));
}

/// A proxy that has connected to this instance cannot always retry on another one.
#[tokio::test]
async fn a_client_connected_before_a_shutdown_is_still_served() {
    let database = TestDatabase::create().await;
    let address = free_address();
    let mut process = Process::start(serve(&database, &address));
    wait_until_healthy(&address).await;
    let mut connected = TcpStream::connect(&address).expect("a connection");
    process.signal(Signal::SIGTERM);
    wait_until("the port is closed", async || TcpStream::connect(&address).is_err()).await;
    connected.write_all(b"GET /livez HTTP/1.1\r\nHost: kith.example\r\nConnection: close\r\n\r\n").expect("sent");
    let mut response = String::new();
    connected.read_to_string(&mut response).expect("a response");
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert_eq!(process.exit_code(), Some(0));
}

#[tokio::test]
async fn a_port_in_use_is_reported_in_one_sentence() {
    let database = TestDatabase::create().await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let output = output(serve(&database, &address.to_string()));
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains(&format!("port {} on 127.0.0.1 is taken", address.port())), "{stderr}");
}

#[tokio::test]
async fn migrate_needs_only_the_database() {
    let name = crate::support::database::create_empty().await;
    for _ in 0..2 {
        let mut command = kith(&["migrate"]);
        command.env("DATABASE_URL", database_url(&name));
        let output = output(command);
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(output(kith(&["migrate"])).status.code(), Some(78));
}

/// End to end: registration over HTTP, STARTTLS with a trusted certificate, and the key as the password.
#[tokio::test(flavor = "multi_thread")]
async fn mail_is_sent_over_starttls_with_the_key_as_password() {
    let dir = tempfile::tempdir().expect("a folder");
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&certificate, cert.pem()).expect("written");
    std::fs::write(&key, signing_key.serialize_pem()).expect("written");
    let server = SmtpServer::start_tls(&certificate, &key);

    let database = TestDatabase::create().await;
    let address = free_address();
    let mut command = serve(&database, &address);
    command.env("EMAIL_PROVIDER_URL", format!("smtp://kith%40example.org@localhost:{}", server.port));
    command.env("SSL_CERT_FILE", &certificate).env("BCRYPT_COST", "4").env("PUBLIC_URL", "https://kith.example");
    let _process = Process::start(command);
    wait_until_healthy(&address).await;
    let body =
        serde_json::json!({ "email": "ann@example.org", "username": "ann", "password": "correct horse battery" });
    let response = reqwest::Client::new().post(format!("http://{address}/auth/register")).json(&body).send().await;
    assert_eq!(response.expect("a response").status(), 201);
    wait_until("mail arrives", async || !server.mails().is_empty()).await;
    assert_eq!(server.sign_ins(), [("kith@example.org".to_owned(), "sesame".to_owned())]);
    assert!(server.mails()[0].contains("https://kith.example/verify-email"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_latin1_database_is_rejected_by_every_command_that_would_write_to_it() {
    let name = create_latin1().await;
    let url = database_url(&name);
    for (command, code) in [("serve", 78), ("migrate", 78), ("doctor", 78)] {
        let mut command_line = kith(&[command]);
        command_line.env("DATABASE_URL", &url).env("JWT_PRIVATE_KEY", KEY.as_str()).env("EMAIL_API_KEY", "sesame");
        command_line.env("LISTEN_ADDR", free_address());
        // Kills the process if it keeps running.
        let mut process = Process::start(command_line);
        let exit_code = process.exit_code();
        let mut stderr = String::new();
        process.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(exit_code, Some(code), "{command}: {stderr}");
        assert!(stderr.contains("LATIN1") && stderr.contains("UTF8"), "{command}: {stderr}");
    }
    let mut connection = connect_to(&url).await;
    let created: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_namespace WHERE nspname = 'users'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(created, 0);
}
