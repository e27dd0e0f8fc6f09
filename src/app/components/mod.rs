//! The parts that pages are made of.

pub mod avatar;
pub mod badge;
pub mod banner;
pub mod field;
pub mod form;
pub mod form_state;
pub mod password_field;
pub mod resend_form;
pub mod site_header;
pub mod state_heading;
pub mod submission;
pub mod submit_button;
pub mod wordmark;
