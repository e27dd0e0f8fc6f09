//! Text of the profile pages.

pub const DESCRIPTION: &str = "A profile on Kith, the social network for your friends and acquaintances.";
pub const OWN_DESCRIPTION: &str = "Your profile on Kith: your name, your picture, your bio.";
pub const OWN: &str = "Your profile";
pub const SIGN_IN_FIRST: &str = "Sign in to see your profile";
pub const EDIT: &str = "Edit profile";
pub const DISPLAY_NAME: &str = "Display name";
pub const DISPLAY_NAME_HINT: &str = "Shown with your username. If it’s empty, people see only your username.";
pub const BIO: &str = "Bio";
pub const SAVE: &str = "Save";
pub const SAVING: &str = "Saving…";
pub const CANCEL: &str = "Cancel";
pub const SIGN_IN_TO_FOLLOW: &str = "Sign in to follow";
pub const PICTURE: &str = "Picture";
pub const PICTURE_HINT: &str = "JPEG or PNG, up to 2 MB. Choose one or drop it here.";
pub const UPLOAD: &str = "Upload";
pub const PREVIEW: &str = "Preview of your new picture";
pub const CHOOSE: &str = "Choose a picture";
pub const UPLOADING: &str = "Uploading…";
pub const UPLOAD_PICTURE: &str = "Upload picture";
pub const KEEP: &str = "Keep the current one";

#[must_use]
pub fn member_since(month_and_year: &str) -> String {
    format!("Member since {month_and_year}")
}
