//! Error messages.

pub const ACCOUNT_PENDING_DELETION: &str =
    "This account is about to be deleted. If you keep it, everything will be as it was";
pub const ACCOUNT_SUSPENDED: &str = "This account is suspended";
pub const AVATAR_INVALID: &str = "Use a JPEG or PNG picture";
pub const AVATAR_TOO_LARGE: &str = "This picture is too large: use at most 2 MB";
pub const CANNOT_FOLLOW_SELF: &str = "You cannot follow yourself";
pub const EMAIL_ALREADY_EXISTS: &str = "This email is already registered";
pub const EMAIL_NOT_VERIFIED: &str = "Please verify your email address first";
pub const FORBIDDEN: &str = "This request is not allowed";
pub const INTERNAL: &str = "Something went wrong on our end. Please try again";
pub const INVALID_CREDENTIALS: &str = "Invalid email or password";
pub const INVALID_LINK: &str = "This link is invalid or has expired";
pub const INVALID_REFRESH_TOKEN: &str = "Your session has ended. Please sign in again";
pub const MALFORMED_REQUEST: &str = "The request could not be read";
pub const METHOD_NOT_ALLOWED: &str = "This method is not allowed here";
pub const NOT_FOUND: &str = "There is nothing here";
pub const OVERLOADED: &str = "We’re very busy right now. Please try again in a moment";
pub const PAYLOAD_TOO_LARGE: &str = "The request is too large";
pub const PRECONDITION_FAILED: &str = "This was changed in the meantime. Reload and try again";
pub const RATE_LIMITED: &str = "Too many attempts. Try again later";
pub const REAUTHENTICATION_REQUIRED: &str = "Enter your password to confirm that it’s you";
pub const REQUEST_TIMEOUT: &str = "The request took too long to arrive";
pub const UNAUTHENTICATED: &str = "Please sign in";
pub const UNREACHABLE: &str = "We could not reach the server. Check your connection and try again";
pub const UNSUPPORTED_MEDIA_TYPE: &str = "Send application/json";
pub const USERNAME_CHANGED_RECENTLY: &str = "You changed your username less than 30 days ago";
pub const USERNAME_TAKEN: &str = "This username is taken";
pub const USER_NOT_FOUND: &str = "There is no such user";
pub const VALIDATION_FAILED: &str = "Some fields need your attention";
pub const WRONG_PASSWORD: &str = "This is not your current password";

// Messages for specific causes, sent with a general error code.
pub const CONTENT_ENCODING: &str = "Send the body without a Content-Encoding";
pub const CROSS_SITE: &str = "This request came from another site";
pub const FILE_TYPE: &str = "Send the picture itself, or multipart/form-data";
pub const FOR_USERS: &str = "This is for users, not services";
pub const NO_JSON: &str = "The body is not valid JSON";
pub const NO_OBJECT: &str = "The body must be a JSON object";
pub const RESTORE_EXPIRED: &str = "Sign in again to keep your account";
pub const TOO_MUCH_TEXT: &str = "That is too much text. Please shorten it";
pub const UNREADABLE_TEXT: &str = "Some characters could not be read. Please type them again";
pub const UPLOADS_UNDER_WAY: &str = "Your other pictures are still uploading";

#[must_use]
pub fn no_field(name: &str) -> String {
    format!("Unknown field “{name}”")
}

#[must_use]
pub fn too_many_pixels(width: u32, height: u32) -> String {
    let megapixels = (u64::from(width) * u64::from(height)).div_ceil(1_000_000);
    format!("This picture has too many pixels: {width} × {height} ({megapixels} megapixels). Use a smaller one")
}

#[must_use]
pub fn try_again_in(seconds: u32) -> String {
    let (number, unit) = match seconds {
        ..120 => (seconds, "second"),
        120..7200 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3600), "hour"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("Too many attempts. Try again in {number} {unit}{plural}")
}
