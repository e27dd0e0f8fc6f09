//! One module for each page.

pub mod landing;
pub mod login;
pub mod not_found;
pub mod own_profile;
pub mod people;
pub mod profile;
pub mod register;
pub mod sign_in_link;
pub mod timeline;
pub mod unavailable;
pub mod verify_email;
