//! Kith, the users service of a social network: accounts, sign-in, profiles and the follow graph.
//!
//! This file is the map of the crate. It says which half a module belongs to (`app/view` alone chooses its own):
//! `ssr` is the server, `hydrate` the same application in the browser. A room uses only what is below it:
//!
//! ```text
//! cli → server → app → api → domain → email, base → model → text
//!                 rest, beside api: the protocol, which knows no business
//! ```
//!
//! `tests/it/direction.rs` checks this. The topics are the same in every room: `accounts`, `sign_in`, `profiles`,
//! `graph`. `docs/ARCHITECTURE.md` walks a request through.

// A page is one type, as deep as its markup.
#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("`ssr` is the server and `hydrate` the browser: choose one");
#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
compile_error!(
    "choose a half: `ssr`, the server (default), or `--no-default-features --features hydrate`, the browser"
);

/// Sentences that people read, apart from the codes that programs read.
pub mod text {
    pub mod accounts;
    pub mod dates;
    pub mod errors;
    pub mod fields;
    pub mod form;
    pub mod graph;
    #[cfg(feature = "ssr")]
    pub mod mail;
    pub mod profiles;
    pub mod sign_in;
    pub mod ui;
}

/// The vocabulary of both halves: what the wire carries, and its rules.
pub mod model {
    pub mod accounts;
    pub mod email;
    pub mod error;
    #[cfg(feature = "ssr")]
    mod error_messages;
    // In the browser every other error comes with its text.
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
    pub mod sign_in;
    pub mod timestamp;
    pub mod username;
    pub mod validation;
}

/// The Rest protocol: one `#[server]` function is REST route, hydrated call and plain form action.
pub mod rest {
    pub mod error;
    pub mod form;
    pub mod local_path;
    pub mod page_data;
    pub mod upload;
    pub mod verb;

    /// The browser's half: calls, uploads, the access token in memory.
    #[cfg(feature = "hydrate")]
    pub mod browser {
        pub mod bearer;
        mod client;
        mod fetch;
        pub mod json;
        pub mod send;
    }
    #[cfg(feature = "hydrate")]
    pub use browser::{json, send};

    /// The server's half: decode, answer, plain forms, conditional reads.
    #[cfg(feature = "ssr")]
    pub mod server {
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
        pub mod request;
        pub mod respond;
        mod serve;
    }
    // Under the names that the browser's half has for it.
    #[cfg(feature = "ssr")]
    pub use serde_json as json;
    // The application names the browser's half; on the server it never runs.
    #[cfg(feature = "ssr")]
    pub use server::browser_stubs as send;
}

/// Machinery without business.
#[cfg(feature = "ssr")]
pub mod base {
    pub mod database;
    pub mod deferred;
    pub mod lease;
    pub mod low_priority;
    pub mod picture;
    pub mod random;
    pub mod rate_limit;
    pub mod store;
    pub mod sweep;
    mod timestamp;
}

/// Mail that must arrive: the outbox, its worker and the transports.
#[cfg(feature = "ssr")]
pub mod email;

/// The rules, each beside the SQL that serves it.
#[cfg(feature = "ssr")]
pub mod domain {
    pub mod mail;

    pub mod accounts {
        pub mod create;
        pub mod erasure;
        pub mod operator;
        pub mod password_choice;
        pub mod verification;
        pub mod verification_mail;
    }

    pub mod sign_in {
        pub mod access_token;
        pub mod credentials;
        pub mod device;
        pub mod key_set;
        pub mod limits;
        pub mod link;
        pub mod link_mail;
        pub mod one_time_token;
        pub mod password;
        pub mod passwords;
        pub mod refresh_token;
        pub mod user;
        pub mod with_password;
    }

    pub mod profiles {
        pub mod avatars;
        pub mod blank;
        pub mod change;
        pub mod profile;
    }

    pub mod graph {
        pub mod follow_counts;
        pub mod follows;
        pub mod people;
        pub mod relation;
        pub mod timeline;
    }

    pub mod audit {
        pub mod attempts;
        pub mod log;
    }
}

/// The operations: one `#[server]` function each.
pub mod api {
    /// What operations know of their request, and tell its answer.
    #[cfg(feature = "ssr")]
    pub mod request {
        pub mod access;
        pub mod caller;
        pub mod context;
        pub mod cookies;
        pub mod enqueue_mail;
        pub mod entity_tag;
        pub mod origin;
        pub mod page_status;
        pub mod throttle;
        pub mod uploads;
    }

    pub mod accounts {
        pub mod register;
        pub mod reject_account;
        pub mod resend_verification;
        pub mod verify_email;
    }

    pub mod sign_in {
        pub mod login;
        pub mod logout;
        pub mod refresh;
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
        pub mod follow;
        #[cfg(feature = "ssr")]
        pub mod listing;
        pub mod people;
        pub mod timeline;
    }
}

/// What people see: the document, the routes, pages and components.
pub mod app;

/// The process around the application.
#[cfg(feature = "ssr")]
pub mod server {
    /// Router, layers, endpoints that are no operations, and the connections below them.
    pub mod http {
        pub mod router;
        pub mod session_store;
        pub mod site;

        pub mod layers {
            pub mod admit;
            pub mod client_address;
            pub mod cookie_header;
            pub mod fallback;
            pub mod headers;
            pub mod pages;
            pub mod request_log;
            pub mod run_to_end;
            pub mod same_origin;
            pub mod trailing_slash;
        }

        pub mod endpoints {
            pub mod avatars;
            pub mod files;
            pub mod health;
            pub mod jwks;
            pub mod openapi;
            pub mod resume;
        }

        pub mod connection {
            mod linger;
            pub mod listener;
            pub mod paced_body;
            mod serve;
            mod watch;
        }
    }

    pub mod config;

    /// What an operator sees of a running instance.
    pub mod observe {
        pub mod metrics;
        pub mod telemetry;
        pub mod traces;
    }

    /// Start, work in the background, stop.
    pub mod run {
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
