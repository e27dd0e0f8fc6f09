//! Alembic's commands on databases that the service migrates too: USER-INFRA-001.2, 002.2, 003.2, 004.2.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use futures::future::join_all;
use kith::server::run::migrate;
use sqlx::migrate::Migrate as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::database::{create_empty, database_url, options, unique_name};
use crate::support::process::alembic;

/// The names of the files in `folder` that end in `extension`, without it, sorted.
fn names(folder: &str, extension: &str) -> Vec<String> {
    let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let files = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = files.filter_map(|file| Some(file.strip_suffix(extension)?.to_owned())).collect();
    names.sort();
    names
}

/// The numbers of the SQL files, sorted.
fn numbers() -> Vec<String> {
    names("migrations", ".sql").iter().map(|name| name[..4].to_owned()).collect()
}

/// The number of the last SQL file.
fn last() -> String {
    numbers().pop().unwrap()
}

/// The last revision as Alembic prints it.
fn head() -> String {
    format!("{} (head)", last())
}

/// Runs a command that must succeed, and returns its stdout.
async fn stdout(url: &str, arguments: &[&str]) -> String {
    let output = alembic(url, arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The values of `name` in the output of `alembic history --verbose`, from the oldest revision to the newest.
fn values<'a>(history: &'a str, name: &str) -> Vec<&'a str> {
    history.lines().rev().filter_map(|line| line.strip_prefix(name)).collect()
}

struct Database {
    url: String,
    connection: PgConnection,
}

impl Database {
    async fn empty() -> Self {
        let url = database_url(&create_empty().await);
        Self { connection: PgConnection::connect(&url).await.unwrap(), url }
    }

    /// Runs the migrations as the service does.
    async fn migrate(&self) {
        migrate::run(&options(&self.url)).await.expect("migrations");
    }

    async fn alembic(&self, arguments: &[&str]) -> Output {
        alembic(&self.url, arguments).await
    }

    async fn upgrade(&self, revision: &str) {
        stdout(&self.url, &["upgrade", revision]).await;
    }

    async fn current(&self) -> String {
        stdout(&self.url, &["current"]).await.trim().to_owned()
    }

    /// Runs a command that must fail with `why` in its stderr.
    async fn rejects(&self, arguments: &[&str], why: &str) {
        let output = self.alembic(arguments).await;
        let error_text = stderr(&output);
        assert!(!output.status.success() && error_text.contains(why), "{arguments:?}: {error_text}");
        assert!(!error_text.contains("Traceback"), "{error_text}");
    }

    async fn texts(&mut self, statement: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&mut self.connection).await.unwrap()
    }

    async fn execute(&mut self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.connection).await.unwrap();
    }

    async fn add_user(&mut self) {
        let user =
            "INSERT INTO users.users (id, email, username, password_hash) VALUES (gen_random_uuid(), 'a', 'b', '')";
        self.execute(user).await;
    }

    /// `name type` of a table's columns, in their order.
    async fn columns(&mut self, table: &str) -> Vec<String> {
        self.texts(&format!(
            "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
             WHERE attrelid = 'users.{table}'::regclass AND attnum > 0 ORDER BY attnum"
        ))
        .await
    }

    /// The migrations that have run successfully, whichever side ran them.
    async fn versions(&mut self) -> Vec<String> {
        self.texts("SELECT to_char(version, 'FM0000') FROM users._sqlx_migrations WHERE success ORDER BY version").await
    }

    /// What both sides have recorded: the rows of the migrations table, and Alembic's revision.
    async fn records(&mut self) -> Vec<String> {
        self.texts(
            "SELECT concat_ws(' ', version, description, installed_on) FROM users._sqlx_migrations
             UNION ALL SELECT version_num FROM users.alembic_version ORDER BY 1",
        )
        .await
    }

    async fn has_index(&mut self, name: &str) -> bool {
        !self.texts(&format!("SELECT 'there' WHERE to_regclass('users.{name}') IS NOT NULL")).await.is_empty()
    }

    /// Starts what the service starts with, as a role that may not change anything.
    async fn service_finds_nothing_to_do(&mut self) {
        let role = unique_name();
        self.execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA users TO {role};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA users TO {role}"
        ))
        .await;
        migrate::run(&options(&self.url).username(&role).password("x")).await.expect("nothing to do");
    }
}

#[tokio::test]
async fn user_infra_001_2_s1_upgrade_head_on_an_empty_database_twice_then_the_service() {
    let mut database = Database::empty().await;
    database.upgrade("head").await;
    let records = database.records().await;
    assert!(records.contains(&last()), "{records:?}");
    let tables = database.texts("SELECT tablename::text FROM pg_tables WHERE schemaname = 'users'").await;
    assert!(["users", "email_verifications"].iter().all(|table| tables.iter().any(|name| name == table)), "{tables:?}");
    let elsewhere = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.texts(elsewhere).await, [""; 0]);

    database.add_user().await;
    database.upgrade("head").await;
    database.service_finds_nothing_to_do().await;
    assert_eq!(database.records().await, records);
    assert_eq!(database.texts("SELECT username FROM users.users").await, ["b"]);
}

#[tokio::test]
async fn after_the_service_there_is_nothing_left_to_run() {
    let mut database = Database::empty().await;
    database.migrate().await;
    database.add_user().await;
    // A file that ran again would put this back.
    database.execute("DROP INDEX users.users_unverified_idx").await;
    let noted = database.texts("SELECT installed_on::text FROM users._sqlx_migrations ORDER BY version").await;
    database.upgrade("head").await;
    let again = database.texts("SELECT installed_on::text FROM users._sqlx_migrations ORDER BY version").await;
    assert_eq!(again, noted);
    assert_eq!(database.texts("SELECT version_num FROM users.alembic_version").await, [last()]);
    assert!(!database.has_index("users_unverified_idx").await);
    assert_eq!(database.texts("SELECT username FROM users.users").await, ["b"]);
    database.service_finds_nothing_to_do().await;
}

#[tokio::test]
async fn user_infra_002_2_s1_003_2_s1_004_2_s1_each_file_is_a_step_of_its_own() {
    let mut database = Database::empty().await;
    database.upgrade("0003").await;
    let tokens = database.columns("refresh_tokens").await;
    for column in ["token_hash bytea", "user_id uuid", "expires_at timestamp with time zone", "revoked boolean"] {
        assert!(tokens.iter().any(|name| name == column), "{tokens:?}");
    }
    let unique = database.texts("SELECT indexdef FROM pg_indexes WHERE tablename = 'refresh_tokens'").await;
    assert!(unique.iter().any(|index| index.contains("UNIQUE") && index.ends_with("(token_hash)")), "{unique:?}");

    database.add_user().await;
    let profile = ["display_name character varying(100)", "bio character varying(300)", "avatar_url text"];
    let before = database.columns("users").await;
    assert!(before.iter().all(|column| !profile.contains(&column.as_str())), "{before:?}");
    database.upgrade("0004").await;
    let after = database.columns("users").await;
    assert!(profile.iter().all(|column| after.iter().any(|name| name == column)), "{after:?}");
    let untouched = "SELECT username FROM users.users WHERE num_nulls(display_name, bio, avatar_url) = 3";
    assert_eq!(database.texts(untouched).await, ["b"]);

    database.upgrade("0007").await;
    assert_eq!(
        database.columns("follows").await,
        ["follower_id uuid", "followee_id uuid", "created_at timestamp with time zone"]
    );
    let constraints = "SELECT pg_get_constraintdef(oid) FROM pg_constraint
                       WHERE conrelid = 'users.follows'::regclass AND contype IN ('p', 'f') ORDER BY 1";
    assert_eq!(
        database.texts(constraints).await,
        [
            "FOREIGN KEY (followee_id) REFERENCES users.users(id) ON DELETE CASCADE",
            "FOREIGN KEY (follower_id) REFERENCES users.users(id) ON DELETE CASCADE",
            "PRIMARY KEY (follower_id, followee_id)",
        ]
    );
    // The service takes over half-way, and Alembic after it.
    database.migrate().await;
    database.upgrade("head").await;
    assert!(database.records().await.contains(&last()));
}

#[tokio::test]
async fn alembic_and_instances_that_start_at_once_wait_for_each_other() {
    let mut database = Database::empty().await;
    let services = join_all((0..3).map(|_| database.migrate()));
    let alembics = join_all((0..3).map(|_| database.upgrade("head")));
    tokio::join!(services, alembics);
    assert_eq!(database.versions().await, numbers());
}

#[tokio::test]
async fn each_sql_file_has_a_revision_file_and_revisions_follow_the_numbers() {
    let (names_of_sql, numbers) = (names("migrations", ".sql"), numbers());
    assert_eq!(names("migrations/alembic/versions", ".py"), names_of_sql);
    // None of these commands needs a database.
    let history = stdout("", &["history", "--verbose"]).await;
    let revisions: Vec<_> = values(&history, "Rev: ").into_iter().map(|revision| &revision[..4]).collect();
    assert_eq!(revisions, numbers);
    let parents = values(&history, "Parent: ");
    assert_eq!(parents[0], "<base>");
    assert_eq!(parents[1..], numbers[..numbers.len() - 1]);
    let paths = values(&history, "Path: ");
    assert_eq!(paths.len(), names_of_sql.len());
    for (path, name) in paths.iter().zip(&names_of_sql) {
        assert!(path.ends_with(&format!("/{name}.py")), "{path}: {name}");
    }
    assert_eq!(stdout("", &["heads"]).await.trim(), head());
    let shown = stdout("", &["show", "0004"]).await;
    assert!(shown.starts_with("Rev: 0004\nParent: 0003\n") && shown.contains("0004_profiles.py"), "{shown}");
}

#[tokio::test]
async fn current_is_the_newest_migration_that_either_side_ran() {
    let mut database = Database::empty().await;
    assert_eq!(database.current().await, "");
    let created = "SELECT nspname::text FROM pg_namespace WHERE nspname = 'users'";
    assert_eq!(database.texts(created).await, [""; 0]);

    database.upgrade("0005").await;
    assert_eq!(database.current().await, "0005");
    database.migrate().await;
    assert_eq!(database.current().await, head());
    let history = stdout(&database.url, &["history", "--indicate-current"]).await;
    let marked: Vec<_> = history.lines().filter(|line| line.contains("(current)")).collect();
    assert!(marked.len() == 1 && marked[0].contains(&format!("-> {} (current)", head())), "{history}");

    let by_service = Database::empty().await;
    by_service.migrate().await;
    assert_eq!(by_service.current().await, head());
}

#[tokio::test]
async fn upgrade_by_one_runs_the_first_migration_that_has_not_run() {
    let mut database = Database::empty().await;
    database.upgrade("0005").await;
    // As if the service had run the last two.
    database.execute("UPDATE users.alembic_version SET version_num = '0003'").await;
    database.upgrade("+1").await;
    assert_eq!(database.current().await, "0006");
    assert_eq!(database.versions().await, numbers()[..6]);

    // A file that was merged after later ones had run.
    database.execute("DELETE FROM users._sqlx_migrations WHERE version = 2").await;
    let output = database.alembic(&["current"]).await;
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "0001");
    assert!(stderr(&output).contains("later migrations have run, but not 0002"), "{}", stderr(&output));
    database.upgrade("+1").await;
    assert_eq!(database.current().await, "0006");
}

#[tokio::test]
async fn a_stamp_applies_to_alembic_and_the_service_and_runs_no_migration() {
    let mut database = Database::empty().await;
    database.migrate().await;
    // 0016 creates this index.
    database.execute("DROP INDEX users.flashes_email_idx").await;
    stdout(&database.url, &["stamp", "0015"]).await;
    assert_eq!(database.current().await, "0015");
    let until_0015: Vec<_> = numbers().into_iter().filter(|number| number.as_str() <= "0015").collect();
    assert_eq!(database.versions().await, until_0015);
    assert!(!database.has_index("flashes_email_idx").await);
    database.migrate().await;
    assert!(database.has_index("flashes_email_idx").await, "the service runs what the stamp took back");
    assert_eq!(database.current().await, head());

    for base in [&["stamp", "base"][..], &["stamp", "--purge", "base"]] {
        stdout(&database.url, base).await;
        assert_eq!(database.current().await, "", "{base:?}");
        assert_eq!(database.versions().await, [""; 0], "{base:?}");
        database.execute("DROP INDEX users.flashes_email_idx").await;
        stdout(&database.url, &["stamp", "head"]).await;
        assert_eq!(database.current().await, head());
        database.service_finds_nothing_to_do().await;
        assert!(!database.has_index("flashes_email_idx").await, "{base:?}");
        database.execute("CREATE INDEX flashes_email_idx ON users.flashes (expires_at)").await;
    }
}

#[tokio::test]
async fn commands_that_only_read_need_no_lock_and_no_right_to_write() {
    let mut database = Database::empty().await;
    database.migrate().await;
    let role = unique_name();
    database
        .execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA users TO {role};
             GRANT SELECT ON ALL TABLES IN SCHEMA users TO {role}"
        ))
        .await;
    let mut url: url::Url = database.url.parse().unwrap();
    url.set_username(&role).unwrap();
    url.set_password(Some("x")).unwrap();
    database.connection.lock().await.unwrap();
    let current = tokio::time::timeout(Duration::from_secs(20), stdout(url.as_str(), &["current"])).await;
    assert_eq!(current.expect("a result while another instance migrates").trim(), head());
}

#[tokio::test]
async fn a_database_that_a_newer_version_migrated_is_accepted_but_not_stamped() {
    let mut database = Database::empty().await;
    database.upgrade("head").await;
    database
        .execute(
            "INSERT INTO users._sqlx_migrations VALUES (9999, 'newer', now(), true, '\\x00', 0);
             UPDATE users.alembic_version SET version_num = '9999'",
        )
        .await;
    let records = database.records().await;
    for arguments in [&["current"][..], &["upgrade", "head"]] {
        let output = database.alembic(arguments).await;
        let error_text = stderr(&output);
        let is_accepted = output.status.success() && error_text.contains("there is no file for 9999");
        assert!(is_accepted, "{arguments:?}: {error_text}");
    }
    database.rejects(&["stamp", "0012"], "use that version").await;
    assert_eq!(database.records().await, records);
}

#[tokio::test]
async fn downgrades_sql_output_and_changed_files_are_rejected_and_change_nothing() {
    let mut database = Database::empty().await;
    database.upgrade("head").await;
    let records = database.records().await;
    database.rejects(&["downgrade", "-1"], "migrations only add").await;
    database.rejects(&["upgrade", "head", "--sql"], "--sql is not supported").await;
    assert_eq!(database.records().await, records);

    // A file that was edited after it ran: the service rejects it, too.
    database.execute("UPDATE users._sqlx_migrations SET checksum = '' WHERE version = 3").await;
    for arguments in [["upgrade", "head"], ["stamp", "0012"]] {
        database.rejects(&arguments, "migration 0003 has run, but its file was changed afterwards").await;
    }
    assert_eq!(database.records().await, records);
    migrate::run(&options(&database.url)).await.expect_err("the file was changed");
    // With --purge, the operator takes responsibility for the schema.
    stdout(&database.url, &["stamp", "--purge", "head"]).await;
    database.migrate().await;
}
