//! Kith, the users service of a social network: accounts, sign-in, profiles and the follow graph.
//!
//! This file is the map of the crate. It says which half a module belongs to (`app/view` alone chooses its own):
//! `ssr` is the server, `hydrate` the same application in the browser. A request goes
//! [`rest`] → [`api`] → `domain` and back; `docs/ARCHITECTURE.md` walks one through.

// A page is one type, as deep as its markup.
#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("`ssr` is the server and `hydrate` the browser: choose one");
#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
compile_error!("choose a half: `--features ssr` (server) or `--features hydrate` (browser)");

/// The wire types and their validation rules, for server and browser alike.
pub mod model {
    pub mod account;
    pub mod credentials;
    pub mod follow;
    pub mod id;
    pub mod patch;
    pub mod profile;
    pub mod timestamp;
    pub mod tokens;
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

    #[cfg(feature = "hydrate")]
    pub mod bearer;
    #[cfg(feature = "hydrate")]
    mod client;
    #[cfg(feature = "hydrate")]
    pub mod json;
    #[cfg(feature = "hydrate")]
    pub mod send;

    #[cfg(feature = "ssr")]
    pub mod body;
    #[cfg(feature = "ssr")]
    pub mod declared;
    #[cfg(feature = "ssr")]
    pub mod decode;
    #[cfg(feature = "ssr")]
    pub mod etag;
    #[cfg(feature = "ssr")]
    pub mod form_post;
    #[cfg(feature = "ssr")]
    mod messages;
    // In the browser every other error comes with its text.
    #[cfg(feature = "hydrate")]
    mod messages {
        pub const fn of(_: super::error::ErrorCode) -> &'static str {
            ""
        }
    }
    #[cfg(feature = "ssr")]
    pub mod mount;
    #[cfg(feature = "ssr")]
    pub mod posted_form;
    #[cfg(feature = "ssr")]
    pub mod receive;
    // The application names the browser's half; on the server it never runs.
    #[cfg(feature = "ssr")]
    pub use receive as send;
    #[cfg(feature = "ssr")]
    pub mod respond;
    #[cfg(feature = "ssr")]
    mod serve;
    // Under the names that the browser's half has for it.
    #[cfg(feature = "ssr")]
    pub use serde_json as json;
}

/// The operations: one `#[server]` function each.
pub mod api {
    pub mod avatar;
    pub mod follow;
    pub mod login;
    pub mod logout;
    pub mod me;
    pub mod people;
    pub mod profile;
    pub mod refresh;
    pub mod register;
    pub mod reject_account;
    pub mod resend_verification;
    pub mod sign_in_link;
    pub mod sign_in_with_link;
    pub mod timeline;
    pub mod update_me;
    pub mod user;
    pub mod users;
    pub mod verify_email;

    #[cfg(feature = "ssr")]
    pub mod access;
    #[cfg(feature = "ssr")]
    mod avatar_admission;
    #[cfg(feature = "ssr")]
    pub mod caller;
    #[cfg(feature = "ssr")]
    pub mod cookies;
    #[cfg(feature = "ssr")]
    pub mod entity_tag;
    #[cfg(feature = "ssr")]
    pub mod listing;
    #[cfg(feature = "ssr")]
    mod mail_later;
    #[cfg(feature = "ssr")]
    pub mod origin;
    #[cfg(feature = "ssr")]
    pub mod page_status;
    #[cfg(feature = "ssr")]
    pub mod throttle;
}

/// What people see: the document, the routes, pages and components.
pub mod app;

/// The rules and the SQL.
#[cfg(feature = "ssr")]
pub mod domain;

/// Mail that must arrive: the outbox, its worker and the transports.
#[cfg(feature = "ssr")]
pub mod email;

/// The process around the application: router, middleware, configuration, start and stop.
#[cfg(feature = "ssr")]
pub mod server;

/// Starts the application in the browser.
#[cfg(feature = "hydrate")]
mod start;
