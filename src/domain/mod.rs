//! The business rules, each with the SQL that implements it.

pub mod events;

/// The kinds of mail, and what each contains.
pub mod mail {
    mod change;
    mod compose;
    pub mod link;
    pub mod notice;

    pub use compose::Mails;
}

pub mod accounts {
    pub mod claim_check;
    pub mod claims;
    pub mod create;
    pub mod deletion;
    pub mod email_change;
    pub mod email_undo;
    pub mod erasure;
    pub mod export;
    pub mod language;
    pub mod looks;
    pub mod operator;
    pub mod password_change;
    pub mod password_choice;
    pub mod reset;
    pub mod settings;
    pub mod upkeep;
    pub mod username_change;
    pub mod username_holds;
    pub mod verification;
    pub mod verification_mail;
}

pub mod sign_in {
    pub mod access_token;
    pub mod calling_user;
    pub mod client;
    pub mod credentials;
    pub mod device;
    pub mod erasure;
    pub mod key_set;
    pub mod legacy;
    pub mod limits;
    pub mod link;
    pub mod one_time_token;
    pub mod password;
    pub mod passwords;
    pub mod reauthentication;
    pub mod refresh_token;
    pub mod revocation;
    pub mod rotation;
    pub mod sessions;
    pub mod sign_in_id;
    pub mod user;
    mod verified_tokens;
    pub mod with_password;
}

pub mod profiles {
    pub mod avatars;
    pub mod blank;
    pub mod change;
    pub mod display_name;
    pub mod likeness;
    pub mod lookup;
    pub mod profile;
}

pub mod graph {
    pub mod blocks;
    pub mod expiry;
    pub mod follow_counts;
    pub mod follows;
    pub mod hiding;
    pub mod mirror;
    pub mod mutes;
    pub mod outcome;
    pub mod people;
    pub mod relation;
    pub mod relationships;
    pub mod requests;
    pub mod suggestions;
    pub mod timeline;
}

pub mod reports;

pub mod search {
    pub mod fold;
    pub mod people;
    pub mod terms;
}

pub mod audit {
    pub mod attempts;
    pub mod log;
}
