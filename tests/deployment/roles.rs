//! The database roles that deploy/postgres/roles.sql creates, and the service with them.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use url::Url;

use crate::configuration::{adapted, free_address};
use crate::support::app::{KEY, PASSWORD};
use crate::support::database::{create_empty, database_url};
use crate::support::outbox::wait_until;
use crate::support::process::{Process, kith, output};

/// The service's role in this test, because the test server already has one named `kith`.
const ROLE: &str = "deployment";
const OWNER: &str = "deployment_owner";

/// Runs roles.sql on the database at `url`, as the PostgreSQL image does.
fn create_roles(url: &str, secrets: &Path) {
    let folder = format!("{}/", secrets.display());
    let sql = adapted("postgres/roles.sql", &[("/run/secrets/postgres/", &folder), ("kith", ROLE)]);
    let path = secrets.join("roles.sql");
    std::fs::write(&path, sql).unwrap();
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-d", url, "-f"]).arg(&path).stdin(Stdio::null());
    let output = output(command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn as_role(url: &str, role: &str, password: &str) -> String {
    let mut url: Url = url.parse().unwrap();
    url.set_username(role).unwrap();
    url.set_password(Some(password)).unwrap();
    url.to_string()
}

#[tokio::test]
async fn the_service_works_with_a_role_that_can_only_read_and_write_rows() {
    let secrets = tempfile::tempdir().unwrap();
    for file in ["owner-password", "service-password"] {
        std::fs::write(secrets.path().join(file), format!("{file}\n")).unwrap();
    }
    let url = database_url(&create_empty().await);
    // A second run changes nothing.
    for _ in 0..2 {
        create_roles(&url, secrets.path());
    }
    let (owner, service) = (as_role(&url, OWNER, "owner-password"), as_role(&url, ROLE, "service-password"));
    let kith_on = |url: &str, arguments: &[&str]| {
        let mut command = kith(arguments);
        command.env("DATABASE_URL", url);
        command
    };
    let denied = output(kith_on(&service, &["migrate"]));
    assert!(!denied.status.success(), "the service's role can migrate");
    let migrated = output(kith_on(&owner, &["migrate"]));
    assert!(migrated.status.success(), "{migrated:?}");

    let address = free_address();
    let mut command = kith_on(&service, &["serve"]);
    command.env("JWT_PRIVATE_KEY", KEY.as_str()).env("EMAIL_API_KEY", "none").env("LISTEN_ADDR", &address);
    command.env("BCRYPT_COST", "4");
    let _process = Process::start(command);
    let origin = format!("http://{address}");
    wait_until("health", async || {
        reqwest::get(format!("{origin}/health")).await.is_ok_and(|response| response.status() == 200)
    })
    .await;
    let ann = json!({ "email": "ann@example.org", "username": "ann", "password": PASSWORD });
    let client = reqwest::Client::new();
    let post =
        async |path: &str| client.post(format!("{origin}{path}")).json(&ann).send().await.unwrap().status().as_u16();
    assert_eq!(post("/auth/register").await, 201);
    let mut connection = PgConnection::connect(&service).await.unwrap();
    sqlx::query("UPDATE users.users SET email_verified = true").execute(&mut connection).await.unwrap();
    assert_eq!(post("/auth/login").await, 200);
    for arguments in [["user", "suspend", "ann", "--yes"], ["user", "delete", "ann", "--yes"]] {
        let output = output(kith_on(&service, &arguments));
        assert!(output.status.success(), "{output:?}");
    }

    let privileges = "SELECT bool_or(rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)
                      FROM pg_roles WHERE rolname = ANY($1)";
    let privileged =
        sqlx::query_scalar::<_, bool>(privileges).bind([ROLE, OWNER]).fetch_one(&mut connection).await.unwrap();
    assert!(!privileged);
    for statement in [
        "CREATE TABLE users.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "ALTER TABLE users.users ADD COLUMN mine int",
        "DROP TABLE users.follows",
        "TRUNCATE users.audit_log",
        "ALTER TABLE users.audit_log DISABLE TRIGGER audit_log_append_only",
        "DELETE FROM users.audit_log",
        "UPDATE users.audit_log SET actor = 'x'",
        "COPY users.users TO PROGRAM 'cat'",
        "SELECT * FROM pg_authid",
        "SET ROLE deployment_owner",
        "ALTER ROLE deployment SUPERUSER",
    ] {
        let denied = sqlx::raw_sql(statement).execute(&mut connection).await.expect_err(statement);
        let code = denied.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {denied}");
    }
}
