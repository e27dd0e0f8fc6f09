//! What the life of an account leaves behind: log lines, metrics, audit rows and events, and in none of them a secret
//! or an address.

use std::collections::{BTreeMap, BTreeSet};

use nix::sys::signal::Signal;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::app::PASSWORD;
use crate::support::database::TestDatabase;
use crate::support::mail::{API_KEY, Mailbox};
use crate::support::outbox::wait_until;
use crate::support::process::{Process, free_address, serve, wait_until_healthy};
use crate::support::response::TestResponse;

const SECOND_PASSWORD: &str = "another horse battery";
const THIRD_PASSWORD: &str = "yet another horse battery";
const WRONG_PASSWORD: &str = "mistaken horse battery";

/// A separate process that logs everything, since metrics are counted for the whole process.
struct Service {
    origin: String,
    client: Client,
    database: TestDatabase,
    mailbox: Mailbox,
    process: Process,
    /// Everything that must not be found anywhere.
    secrets: Vec<String>,
    /// The request id of each row that the audit log should have, by action.
    audited: Vec<(&'static str, String)>,
    /// The pages of links that were opened with a token in the URL.
    opened: BTreeSet<String>,
}

impl Service {
    async fn start() -> Self {
        let (database, mailbox, address) = (TestDatabase::create().await, Mailbox::start().await, free_address());
        let mut command = serve(&database, &address);
        command.env("BCRYPT_COST", "4").env("RUST_LOG", "trace");
        command.env("EMAIL_API_KEY", API_KEY).env("EMAIL_PROVIDER_URL", &mailbox.url);
        let process = Process::start(command);
        wait_until_healthy(&address).await;
        let secrets =
            [PASSWORD, SECOND_PASSWORD, THIRD_PASSWORD, WRONG_PASSWORD, "@example.", "%40example.", "$2b$", API_KEY];
        Self {
            origin: format!("http://{address}"),
            client: Client::new(),
            database,
            mailbox,
            process,
            secrets: secrets.map(str::to_owned).to_vec(),
            audited: Vec::new(),
            opened: BTreeSet::new(),
        }
    }

    /// Sends a request, and collects the secrets in the response.
    async fn send(&mut self, method: Method, path: &str, token: Option<&str>, body: Value) -> TestResponse {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.origin));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let request = if method == Method::GET { request } else { request.json(&body) };
        let response = TestResponse::of(request).await;
        let cookies = response.cookies().into_iter().map(|cookie| cookie.value().to_owned());
        self.secrets.extend(cookies.filter(|value| !value.is_empty()));
        if response.text.starts_with('{') {
            let body = response.json();
            let tokens = ["access_token", "restore_token"].iter().filter_map(|name| body[*name].as_str());
            self.secrets.extend(tokens.map(str::to_owned));
        }
        response
    }

    async fn post(&mut self, path: &str, token: Option<&str>, body: Value) -> TestResponse {
        self.send(Method::POST, path, token, body).await
    }

    /// The response to a change that should leave a row in the audit log.
    fn audit(&mut self, action: &'static str, response: &TestResponse) {
        self.audited.push((action, response.header("x-request-id").to_owned()));
    }

    async fn login(&mut self, email: &str, password: &str) -> TestResponse {
        self.post("/auth/login", None, json!({ "email": email, "password": password })).await
    }

    /// Opens the page at `path` with the link in the last mail to `address` that has one, once there are `count`.
    /// Returns its token.
    async fn opened(&mut self, address: &str, path: &str, count: usize) -> String {
        let token = self.mailbox.tokens(address, path, count).await.remove(count - 1);
        self.secrets.push(token.clone());
        let page = self.client.get(format!("{}{path}?token={token}", self.origin)).header("accept", "text/html");
        let page = TestResponse::of(page).await.expect(200);
        assert!(page.text.contains(&token), "{path} shows its form: {}", page.text);
        self.opened.insert(path.to_owned());
        token
    }

    /// Chooses the second password with a link, once `count` were mailed. Returns the body that did it.
    async fn reset(&mut self, address: &str, count: usize) -> Value {
        let token = self.opened(address, "/reset-password", count).await;
        let body = json!({ "token": token, "password": SECOND_PASSWORD });
        let response = self.post("/auth/reset-password", None, body.clone()).await.expect(204);
        self.audit("password.reset", &response);
        body
    }
}

/// Goes through everything that users can do with their account. Returns the expected outcomes: the log message, the
/// metric and the outcome.
async fn live(service: &mut Service) -> Vec<(&'static str, &'static str, &'static str)> {
    let (old, new) = ("ann@example.org", "ann@example.com");
    let ann = json!({ "email": old, "username": "ann", "password": PASSWORD });
    service.post("/auth/register", None, ann).await.expect(201);
    let token = service.opened(old, "/verify-email", 1).await;
    service.post("/auth/verify-email", None, json!({ "token": token })).await.expect(200);

    let unknown = json!({ "email": "unknown@example.org" });
    service.post("/auth/forgot-password", None, unknown).await.expect(202);
    let response = service.post("/auth/forgot-password", None, json!({ "email": old })).await.expect(202);
    service.audit("password.reset_requested", &response);
    let reset = service.reset(old, 1).await;
    service.post("/auth/reset-password", None, reset).await.expect(422);

    service.post("/auth/sign-in-link", None, json!({ "email": old })).await.expect(202);
    let token = service.opened(old, "/sign-in-link", 1).await;
    service.post("/auth/sign-in-with-link", None, json!({ "token": token })).await.expect(200);
    service.login(old, PASSWORD).await.expect(401);
    let login = service.login(old, SECOND_PASSWORD).await.expect(200);
    let token = login.access_token();
    service.post("/auth/reauthenticate", Some(&token), json!({ "password": WRONG_PASSWORD })).await.expect(403);
    let proof = json!({ "password": SECOND_PASSWORD });
    let response = service.post("/auth/reauthenticate", Some(&token), proof).await.expect(200);
    service.audit("sign_in.reauthenticated", &response);
    let change = |current: &str| json!({ "current_password": current, "password": THIRD_PASSWORD });
    service.send(Method::PUT, "/users/me/password", Some(&token), change(WRONG_PASSWORD)).await.expect(403);
    let response = service.send(Method::PUT, "/users/me/password", Some(&token), change(SECOND_PASSWORD)).await;
    service.audit("password.changed", &response.expect(200));

    let wanted = json!({ "email": new, "current_password": THIRD_PASSWORD });
    let response = service.post("/users/me/email", Some(&token), wanted.clone()).await.expect(202);
    service.audit("email.change_requested", &response);
    let response = service.send(Method::DELETE, "/users/me/email", Some(&token), json!({})).await.expect(204);
    service.audit("email.change_canceled", &response);
    service.mailbox.wait_for(old, 5).await;
    let before = service.mailbox.to(new).len();
    let response = service.post("/users/me/email", Some(&token), wanted).await.expect(202);
    service.audit("email.change_requested", &response);
    service.mailbox.wait_for(new, before + 1).await;
    let confirmation = service.opened(new, "/confirm-email", before + 1).await;
    let confirm = json!({ "token": confirmation });
    let response = service.post("/auth/confirm-email", None, confirm.clone()).await.expect(200);
    service.audit("email.changed", &response);
    service.post("/auth/confirm-email", None, confirm).await.expect(422);
    let undo = service.opened(old, "/undo-email-change", 1).await;
    let response = service.post("/auth/undo-email-change", None, json!({ "token": undo })).await.expect(200);
    service.audit("email.change_undone", &response);
    service.reset(old, 2).await;

    let token = service.login(old, SECOND_PASSWORD).await.expect(200).access_token();
    service.login(old, SECOND_PASSWORD).await.expect(200);
    let rename = |name: &str| json!({ "username": name });
    let response = service.send(Method::PUT, "/users/me/username", Some(&token), rename("anna")).await.expect(200);
    service.audit("username.changed", &response);
    service.send(Method::PUT, "/users/me/username", Some(&token), rename("annabel")).await.expect(409);
    let response = service.send(Method::DELETE, "/users/me/sessions", Some(&token), json!({})).await.expect(204);
    service.audit("sign_ins.ended", &response);
    let response = service.send(Method::GET, "/users/me/export", Some(&token), json!({})).await.expect(200);
    service.audit("account.exported", &response);
    let response = service.post("/users/me/deletion", Some(&token), json!({})).await.expect(202);
    service.audit("account.deletion_requested", &response);
    let pending = service.login(old, SECOND_PASSWORD).await.expect(403).json();
    let restore = json!({ "restore_token": pending["restore_token"] });
    let response = service.post("/auth/restore", None, restore.clone()).await.expect(200);
    service.audit("account.restored", &response);
    service.post("/auth/restore", None, restore).await.expect(422);

    vec![
        ("registration", "registration_total", "registered"),
        ("verification", "verification_total", "verified"),
        ("password reset request", "password_reset_request_total", "unknown_email"),
        ("password reset request", "password_reset_request_total", "requested"),
        ("password reset", "password_reset_total", "changed"),
        ("password reset", "password_reset_total", "refused"),
        ("sign-in", "sign_in_total", "signed_in_with_link"),
        ("sign-in", "sign_in_total", "wrong_password"),
        ("sign-in", "sign_in_total", "signed_in"),
        ("reauthentication", "reauthentication_total", "wrong_password"),
        ("reauthentication", "reauthentication_total", "proven"),
        ("password change", "password_change_total", "wrong_password"),
        ("password change", "password_change_total", "changed"),
        ("email change", "email_change_total", "requested"),
        ("email change", "email_change_total", "canceled"),
        ("email change", "email_change_total", "requested"),
        ("email change", "email_change_total", "confirmed"),
        ("email change", "email_change_total", "refused"),
        ("email change", "email_change_total", "undone"),
        ("password reset", "password_reset_total", "changed"),
        ("sign-in", "sign_in_total", "signed_in"),
        ("sign-in", "sign_in_total", "signed_in"),
        ("username change", "username_change_total", "changed"),
        ("username change", "username_change_total", "changed_recently"),
        ("session revocation", "session_revocation_total", "revoked"),
        ("export", "export_total", "exported"),
        ("account deletion", "account_deletion_total", "requested"),
        ("sign-in", "sign_in_total", "pending_deletion"),
        ("account restoration", "account_restoration_total", "restored"),
        ("account restoration", "account_restoration_total", "refused"),
    ]
}

/// The rows of a table as text.
async fn rows(service: &Service, table: &str) -> Vec<String> {
    let statement = format!("SELECT t::text FROM users.{table} t");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_all(&service.database.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_an_account_is_logged_counted_and_audited_without_secrets_or_addresses() {
    let mut service = Service::start().await;
    let expected = live(&mut service).await;
    let pool = &service.database.pool;
    let user: uuid::Uuid = sqlx::query_scalar("SELECT id FROM users.users").fetch_one(pool).await.unwrap();
    wait_until("every mail is sent", async || rows(&service, "email_outbox").await.is_empty()).await;

    // The audit log: every change, of this user, with the request and its network.
    let audit: Vec<(String, String, uuid::Uuid, String)> =
        sqlx::query_as("SELECT action, request_id, target, network::text FROM users.audit_log ORDER BY id")
            .fetch_all(pool)
            .await
            .unwrap();
    let wanted: Vec<_> = service
        .audited
        .iter()
        .map(|(action, request)| ((*action).to_owned(), request.clone(), user, "127.0.0.0/24".to_owned()))
        .collect();
    assert_eq!(audit, wanted);

    // The events, which other services see.
    let events: Vec<String> = sqlx::query_scalar(
        "SELECT type FROM users.events WHERE type <> 'session.revoked' ORDER BY transaction_id, sequence",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert_eq!(
        events,
        [
            "user.registered",
            "user.verified",
            "user.updated",
            "user.updated",
            "user.renamed",
            "user.deletion_requested",
            "user.restored",
        ]
    );

    // The metrics: one count per outcome, and a description of each name.
    let metrics = service.client.get(format!("{}/metrics", service.origin)).send().await.unwrap().text().await.unwrap();
    let mut counts = BTreeMap::new();
    for (_, name, outcome) in &expected {
        *counts.entry(format!(r#"{name}{{outcome="{outcome}"}}"#)).or_insert(0) += 1;
    }
    for (series, count) in counts {
        assert!(metrics.contains(&format!("\n{series} {count}\n")), "{series} {count}: {metrics}");
    }

    service.process.signal(Signal::SIGTERM);
    let log = service.process.remaining_lines();

    // The log: one line per outcome, with the request it belongs to.
    let mut logged: Vec<(String, String)> = Vec::new();
    for line in log.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if let Some(outcome) = line["outcome"].as_str() {
            assert!(line["span"]["id"].is_string(), "{line}");
            let message = line["message"].as_str().unwrap();
            let is_known = !matches!(outcome, "refused" | "unknown_email");
            assert_eq!(line["user_id"].as_str(), is_known.then_some(user.to_string()).as_deref(), "{line}");
            logged.push((message.to_owned(), outcome.to_owned()));
        }
    }
    let mut wanted: Vec<_> =
        expected.iter().map(|(message, _, outcome)| ((*message).to_owned(), (*outcome).to_owned())).collect();
    // Mails are asked for in the background.
    logged.sort();
    wanted.sort();
    assert_eq!(logged, wanted);

    // No secret and no address, in any of them.
    let (audit, events) = (rows(&service, "audit_log").await, rows(&service, "events").await);
    for level in ["TRACE", "DEBUG", "INFO"] {
        assert!(log.iter().any(|line| line.contains(&format!(r#""level":"{level}""#))), "{level} of {}", log.len());
    }
    assert!(service.secrets.len() > 30, "{}", service.secrets.len());
    let pages = ["/confirm-email", "/reset-password", "/sign-in-link", "/undo-email-change", "/verify-email"];
    assert!(service.opened.iter().eq(pages), "{:?}", service.opened);
    assert!(pages.iter().all(|page| log.iter().any(|line| line.contains(page))), "the requests are in the log");
    for (place, lines) in [("log", &log), ("audit log", &audit), ("events", &events)] {
        for secret in &service.secrets {
            let found = lines.iter().find(|line| line.contains(secret.as_str()));
            assert_eq!(found, None, "the {place} contains {secret}");
        }
    }
    assert!(service.secrets.iter().all(|secret| !metrics.contains(secret.as_str())));
}

#[tokio::test]
async fn every_counter_of_outcomes_is_described() {
    let mut service = Service::start().await;
    let counters: Vec<_> = live(&mut service).await.into_iter().map(|(_, name, _)| name).collect();
    let metrics = service.client.get(format!("{}/metrics", service.origin)).send().await.unwrap().text().await.unwrap();
    let undescribed: std::collections::BTreeSet<_> =
        counters.into_iter().filter(|name| !metrics.contains(&format!("# HELP {name} "))).collect();
    assert_eq!(undescribed, std::collections::BTreeSet::new());
}
