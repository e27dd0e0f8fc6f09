//! Tests over HTTP: the real server on a real PostgreSQL, with a fresh database for each test. Run them with
//! `make test`.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and may block or sleep")]

mod accounts {
    mod change_email {
        mod confirm;
        mod request;
        mod support;
        mod undo;
    }
    mod change_password;
    mod change_username {
        mod change;
        mod former_names;
        pub mod support;
    }
    mod data_retention;
    mod deletion {
        mod erased;
        mod hiding;
        mod races;
        mod request;
        mod restore;
        mod support;
    }
    mod erasure {
        mod at_work;
        mod batches;
        mod killed;
        mod support;
    }
    mod export {
        mod access;
        mod content;
        mod support;
    }
    mod forgot_password;
    mod identity;
    mod register;
    pub mod reject_account;
    mod similar_usernames;
    mod reset_password {
        mod effects;
        mod link;
        mod support;
    }
    mod username_availability;
    mod verify_email;
}
mod cli {
    mod commands;
    mod config;
    mod doctor;
    mod image;
    mod migrate_citus;
    mod operator;
    mod operator_accounts;
    mod private_postgres;
    mod seed;
}
mod database {
    mod alembic;
    mod busy;
    mod housekeeping;
    mod migrations;
    mod migrations_while_busy;
    mod pool;
    mod read_only;
}
mod direction;
mod email {
    mod http_api;
    mod smtp;
    mod worker;
}
mod graph {
    mod blocked_viewer;
    mod blocks;
    mod follows;
    mod one_machine;
    mod pages;
    mod pairs;
    mod private;
    pub mod races;
    mod timeline;
}
mod http {
    mod cancellation;
    mod closing;
    mod cross_site;
    mod health;
    mod languages;
    mod pages;
    mod plain_forms;
    mod slow_clients;
    mod wire;
}
mod observe {
    mod audit;
    mod lines;
    mod metrics;
    mod self_service_log;
    mod traces;
}
mod profiles {
    mod avatar_removals;
    mod avatars;
    mod display_names;
    mod profile;
    mod uploads;
    mod users_me;
}
mod reports;
mod search {
    mod people;
}
mod sign_in {
    mod access_tokens;
    mod cookies;
    mod end;
    mod guessing;
    mod link;
    mod live_check;
    mod login;
    mod logout;
    mod one_time_tokens;
    mod passwords;
    mod rate_limits;
    mod reauthentication;
    mod refresh;
    mod sessions {
        mod ending;
        mod list;
        mod support;
    }
    mod sign_ins;
    mod token_family;
}
mod stories;
mod support;
mod texts;
