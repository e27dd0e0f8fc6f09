//! Tests over HTTP: the real server on a real PostgreSQL, a fresh database for each test. Modules
//! are laid out like the routes. Run them with `make test`.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and may take its time"
)]

mod access_tokens;
mod alembic;
mod audit;
mod auth_login;
mod auth_logout;
mod auth_refresh;
mod auth_register;
mod auth_reject_account;
mod auth_verify_email;
mod avatar_removals;
mod avatars;
mod busy_database;
mod cancellation;
mod cli;
mod config;
mod cookies;
mod cross_site;
mod doctor;
mod email_http;
mod email_smtp;
mod email_worker;
mod erasure;
mod follow_races;
mod follows;
mod graph_pages;
mod guessing;
mod health;
mod housekeeping;
mod identity;
mod metrics;
mod migrations;
mod migrations_while_busy;
mod one_time_tokens;
mod operator;
mod operator_accounts;
mod pages;
mod passwords;
mod plain_forms;
mod private_postgres;
mod profiles;
mod rate_limits;
mod read_only_database;
mod seed;
mod sign_in_end;
mod sign_in_link;
mod slow_clients;
mod stories;
mod support;
mod timeline;
mod traces;
mod uploads;
mod users_me;
mod wire;
