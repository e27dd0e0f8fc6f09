//! Kith, the users service of a social network: accounts, sign-in, profiles and the follow graph.
//!
//! This file is the map of the crate. Its `cfg` attributes say which build a module belongs to: `ssr` is the server
//! build, `hydrate` the browser build of the same application. A layer uses only the layers below it:
//!
//! ```text
//! cli → server → document → app → api → domain → email, base → model → text
//!                 rest, beside api: the protocol, without business logic
//!                 view, below app: how views are compiled
//! ```
//!
//! `tests/it/direction.rs` enforces this. The topics have the same names in every layer: `accounts`, `sign_in`,
//! `profiles`, `graph`. `docs/ARCHITECTURE.md` follows a request through the layers.

// Each page is a single type, nested as deeply as its markup.
#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("`ssr` is the server build and `hydrate` the browser build: enable only one");
#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
compile_error!(
    "choose a build: `ssr` (the server, default) or `--no-default-features --features hydrate` (the browser)"
);

/// The texts of pages, emails and error responses.
pub mod text {
    #[macro_use]
    mod texts;

    pub mod accounts;
    pub mod dates;
    #[cfg(feature = "ssr")]
    pub mod descriptions;
    #[cfg(feature = "ssr")]
    pub mod error_responses;
    pub mod errors;
    pub mod fields;
    mod fill;
    #[cfg(feature = "ssr")]
    pub mod footer;
    pub mod form;
    pub mod graph;
    pub mod language;
    pub mod links;
    #[cfg(feature = "ssr")]
    pub mod mail;
    pub mod module;
    pub mod profiles;
    pub mod settings;
    pub mod sign_in;
    pub mod ui;

    #[cfg(feature = "hydrate")]
    mod browser {
        pub mod table;
    }
    #[cfg(feature = "ssr")]
    mod server {
        mod language;
        pub mod table;
    }
    #[cfg(feature = "hydrate")]
    pub use browser::table;
    #[cfg(feature = "ssr")]
    pub use server::table;
}

/// The vocabulary of both builds: wire types and their rules.
pub mod model {
    pub mod accounts;
    pub mod email;
    pub mod error;
    #[cfg(feature = "ssr")]
    mod error_messages;
    // The browser receives these messages from the server.
    #[cfg(feature = "hydrate")]
    mod error_messages {
        pub const fn of(_: super::error::ErrorCode) -> &'static str {
            ""
        }
    }
    pub mod folding;
    pub mod graph;
    pub mod id;
    pub mod password;
    pub mod patch;
    pub mod profiles;
    pub mod reports;
    pub mod sign_in;
    pub mod theme;
    pub mod timestamp;
    pub mod username;
    pub mod validation;
}

/// The `Rest` protocol: one `#[server]` function is a REST route, a hydrated call and a plain form's action.
pub mod rest {
    pub mod error;
    pub mod form;
    pub mod language;
    pub mod local_path;
    pub mod page_data;
    pub mod upload;
    pub mod verb;

    /// Client side: calls, uploads, the access token in memory.
    #[cfg(feature = "hydrate")]
    pub mod browser {
        pub mod bearer;
        mod client;
        pub mod fetch;
        pub mod json;
        pub mod redirect;
        pub mod send;
        pub mod texts;
    }
    #[cfg(feature = "hydrate")]
    pub use browser::{json, redirect, send, texts};

    /// Server side: decoding, responses, form posts, conditional reads.
    #[cfg(feature = "ssr")]
    pub mod server {
        pub mod beside;
        pub mod body;
        pub mod browser_stubs;
        pub mod declared;
        pub mod decode;
        pub mod etag;
        pub mod flash;
        pub mod form_post;
        pub mod media_type;
        pub mod mount;
        mod pairs;
        pub mod posted_form;
        pub mod receive;
        pub mod redirect;
        pub mod request;
        pub mod respond;
        mod serve;
    }
    // The same name as in the browser build.
    #[cfg(feature = "ssr")]
    pub use serde_json as json;
    #[cfg(feature = "ssr")]
    pub use server::redirect;
    // The application refers to the browser's functions. On the server they never run.
    #[cfg(feature = "ssr")]
    pub use server::browser_stubs::{self as send, texts};
}

/// Infrastructure without business logic.
#[cfg(feature = "ssr")]
pub mod base {
    pub mod current_request;
    pub mod database;
    pub mod deferred;
    pub mod lease;
    pub mod loader;
    pub mod low_priority;
    pub mod picture;
    pub mod random;
    pub mod rate_limit;
    pub mod recheck;
    pub mod store;
    pub mod sweep;
    mod timestamp;
}

/// Reliable mail: the outbox, its worker and the transports.
#[cfg(feature = "ssr")]
pub mod email;

/// The business rules, each with the SQL that implements it.
#[cfg(feature = "ssr")]
pub mod domain;

/// The operations: one `#[server]` function each.
pub mod api {
    /// What operations read from the request and add to the response.
    #[cfg(feature = "ssr")]
    pub mod request {
        pub mod access;
        pub mod caller;
        pub mod context;
        pub mod cookies;
        pub mod enqueue_mail;
        pub mod entity_tag;
        pub mod ids;
        pub mod origin;
        pub mod page_status;
        pub mod proof;
        pub mod reads;
        pub mod throttle;
        pub mod uploads;
    }

    pub mod accounts {
        pub mod change_email;
        pub mod change_password;
        pub mod change_username;
        pub mod confirm_email;
        pub mod deletion;
        pub mod forgot_password;
        pub mod register;
        pub mod reject_account;
        pub mod resend_verification;
        pub mod reset_password;
        pub mod undo_email_change;
        pub mod username_availability;
        pub mod verify_email;
    }

    pub mod sign_in {
        pub mod login;
        pub mod logout;
        pub mod reauthenticate;
        pub mod refresh;
        pub mod sessions;
        pub mod sign_in_link;
        pub mod sign_in_with_link;
    }

    pub mod profiles {
        pub mod avatar;
        #[cfg(feature = "ssr")]
        mod avatar_admission;
        pub mod me;
        pub mod profile;
        pub mod update_me;
        pub mod user;
        pub mod users;
    }

    pub mod graph {
        pub mod block;
        pub mod follow;
        pub mod follow_requests;
        #[cfg(feature = "ssr")]
        pub mod listing;
        pub mod mute;
        pub mod people;
        pub mod relationships;
        pub mod timeline;
    }

    pub mod reports;
    pub mod search;
}

/// View code that is compiled once instead of once per closure or type, so that the browser build stays small.
pub mod view {
    mod boxed;
    #[cfg(feature = "hydrate")]
    mod browser;
    mod erase;
    #[cfg(feature = "ssr")]
    mod server;
    mod slot;

    pub use boxed::{condition, effect, handler, reactive, spawn};
    pub use erase::{Erase, Erased};
    pub use slot::Slot;

    #[cfg(feature = "hydrate")]
    pub use browser::head_only;
    #[cfg(feature = "ssr")]
    pub use server::head_only;

    #[cfg(feature = "hydrate")]
    use browser as erased;
    #[cfg(feature = "ssr")]
    use server as erased;
}

/// The user interface: the routes, pages and components.
pub mod app;

/// The document around the application.
#[cfg(feature = "ssr")]
pub mod document {
    mod description;
    mod footer;
    mod search_engines;
    mod shell;

    pub use shell::shell;
}

/// The process that serves the application.
#[cfg(feature = "ssr")]
pub mod server {
    /// Router, middleware, endpoints that are not operations, and connections.
    pub mod http {
        pub mod router;
        pub mod session_store;
        pub mod site;

        pub mod layers {
            pub mod admit;
            pub mod around;
            pub mod client_address;
            pub mod cookie_header;
            pub mod fallback;
            pub mod headers;
            pub mod pages;
            pub mod position;
            pub mod preferences;
            pub mod request_log;
            pub mod run_to_end;
            pub mod same_origin;
            pub mod shared;
            pub mod trailing_slash;
            pub mod visitor_pages;
        }

        pub mod endpoints {
            pub mod avatars;
            pub mod change_password;
            pub mod export;
            pub mod files;
            pub mod health;
            pub mod jwks;
            pub mod openapi;
            pub mod preferences;
            pub mod resume;
            pub mod texts;
        }

        pub mod connection {
            mod last_clients;
            mod linger;
            pub mod listener;
            pub mod paced_body;
            mod serve;
            mod watch;
        }
    }

    pub mod config;

    /// Metrics, logs and traces of a running instance.
    pub mod observe {
        pub mod lines;
        pub mod metrics;
        pub mod telemetry;
        pub mod traces;
    }

    /// Startup, background work and shutdown.
    pub mod run {
        pub mod account_work;
        pub mod housekeeping;
        pub mod migrate;
        pub mod probe;
        pub mod serve;
        pub mod shutdown;
        pub mod state;
    }
}

/// The command line.
#[cfg(feature = "ssr")]
pub mod cli;

/// Starts the application in the browser.
#[cfg(feature = "hydrate")]
mod start;
