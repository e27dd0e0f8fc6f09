//! The parts that pages are made of.

pub mod avatar;
pub mod avatar_picker;
pub mod badge;
pub mod banner;
pub mod edit_profile;
pub mod field;
pub mod form;
pub mod form_state;
pub mod password_field;
pub mod picked;
pub mod profile_card;
pub mod resend_form;
pub mod site_header;
pub mod state_heading;
pub mod submission;
pub mod submit_button;
pub mod text_area;
pub mod unsaved;
pub mod wordmark;
