//! The private PostgreSQL of `kith dev` and `kith postgres`, which leaves nothing behind.

use std::fs;
use std::path::Path;

use kith::cli::dev::postgres::Cluster;
use nix::sys::signal::Signal;
use sqlx::{Connection as _, PgConnection};

use crate::support::outbox::wait_until;
use crate::support::process::{Process, kith, output};

/// A folder that PostgreSQL's user can access even when the tests run as root.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a folder");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).expect("permissions");
    dir
}

async fn accepts_connections(url: &str) -> bool {
    PgConnection::connect(url).await.is_ok()
}

async fn start(dir: &Path) -> anyhow::Result<Cluster> {
    let dir = dir.to_owned();
    tokio::task::spawn_blocking(move || Cluster::persistent(&dir)).await.expect("a task")
}

#[tokio::test]
async fn data_persists_and_only_one_process_can_use_a_folder() {
    let home = folder();
    let dir = home.path().join("postgres");
    let cluster = start(&dir).await.expect("PostgreSQL");
    let mut connection = PgConnection::connect(cluster.url()).await.expect("a connection");
    sqlx::raw_sql("CREATE TABLE kept (); SELECT 1").execute(&mut connection).await.expect("a table");
    let encoding: String = sqlx::query_scalar("SHOW server_encoding").fetch_one(&mut connection).await.expect("one");
    assert_eq!(encoding, "UTF8");

    let error = start(&dir).await.err().expect("in use").to_string();
    assert!(error.contains("in use by another kith"), "{error}");

    let url = cluster.url().to_owned();
    drop(connection);
    drop(cluster);
    assert!(!accepts_connections(&url).await);
    // A crash can leave this file, and its process id may belong to another process by now.
    fs::write(dir.join("data/postmaster.pid"), "1\n").expect("written");
    let cluster = start(&dir).await.expect("PostgreSQL again");
    let mut connection = PgConnection::connect(cluster.url()).await.expect("a connection");
    sqlx::raw_sql("SELECT FROM kept").execute(&mut connection).await.expect("the table is still there");
}

#[tokio::test]
async fn a_wrong_password_is_rejected() {
    let home = folder();
    let cluster = start(&home.path().join("postgres")).await.expect("PostgreSQL");
    let mut url: url::Url = cluster.url().parse().expect("a URL");
    assert_eq!(url.host_str(), Some("127.0.0.1"));
    url.set_password(Some("guess")).expect("a password");
    assert!(!accepts_connections(url.as_str()).await);
}

#[tokio::test]
async fn killing_dev_also_stops_postgres_and_dev_can_restart() {
    let home = folder();
    let dir = home.path().join(".kith");
    let dev = || {
        let path = dir.to_str().expect("text");
        Process::start(kith(&["dev", "--dir", path, "--listen", "127.0.0.1:0"]))
    };
    let mut first = dev();
    first.line("App");
    let is_running = || fs::exists(dir.join("postgres/data/postmaster.pid")).expect("readable");
    assert!(is_running());
    first.signal(Signal::SIGKILL);
    first.exit_code();
    wait_until("PostgreSQL exits", async || !is_running()).await;

    let mut second = dev();
    let line = second.line("App");
    let url = line.split_whitespace().last().expect("a URL");
    let body =
        serde_json::json!({ "email": "ann@example.org", "username": "ann", "password": "correct horse battery" });
    let response =
        reqwest::Client::new().post(format!("{url}auth/register")).json(&body).send().await.expect("a response");
    assert_eq!(response.status(), 201);
    wait_until("mail arrives", async || {
        reqwest::get(format!("{url}dev/mail.json")).await.unwrap().text().await.unwrap().contains("ann")
    })
    .await;
    let mails: serde_json::Value =
        reqwest::get(format!("{url}dev/mail.json")).await.expect("a response").json().await.expect("JSON");
    let page = format!("{url}dev/mail/{}", mails[0]["id"].as_str().expect("an id"));
    let page = reqwest::get(page).await.expect("a response").text().await.expect("text");
    assert!(page.contains(&format!("<a href=\"{url}verify-email?token=")), "{page}");
    second.signal(Signal::SIGINT);
    assert_eq!(second.exit_code(), Some(0));
    assert!(!is_running());
}

#[tokio::test]
async fn a_command_gets_a_database_and_its_exit_code_is_passed_on() {
    let output = output(kith(&["postgres", "--", "sh", "-c", "echo $DATABASE_URL; exit 7"]));
    assert_eq!(output.status.code(), Some(7));
    let url = String::from_utf8(output.stdout).expect("text");
    assert!(url.starts_with("postgres://kith:"), "{url}");
    assert!(!accepts_connections(url.trim()).await);
    let missing = crate::support::process::output(kith(&["postgres", "--", "no-such-command"]));
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("cannot run no-such-command"));
}

#[tokio::test]
async fn signals_reach_the_command_and_even_sigkill_leaves_no_postgres_running() {
    let script = "trap 'echo stopping; exit 3' TERM; echo $DATABASE_URL; while :; do sleep 0.1; done";
    let command = || Process::start(kith(&["postgres", "--", "sh", "-c", script]));
    let mut process = command();
    process.line("postgres://");
    process.signal(Signal::SIGTERM);
    process.line("stopping");
    assert_eq!(process.exit_code(), Some(3));

    let script = "echo $DATABASE_URL; exec sleep 2";
    let mut process = Process::start(kith(&["postgres", "--", "sh", "-c", script]));
    let url = process.line("postgres://");
    assert!(accepts_connections(&url).await);
    process.signal(Signal::SIGKILL);
    wait_until("PostgreSQL exits", async || !accepts_connections(&url).await).await;
}

#[test]
fn a_missing_postgresql_is_reported_in_one_sentence() {
    let mut command = kith(&["postgres", "--", "true"]);
    command.env("KITH_POSTGRES_BIN", "/nowhere");
    let output = output(command);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("KITH_POSTGRES_BIN=/nowhere"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}
