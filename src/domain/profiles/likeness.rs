//! Display names that read like those of the people who run the service: no one else can have them.

use std::collections::BTreeSet;

use sqlx::FromRow;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;
use unicode_security::confusable_detection::skeleton;
use uuid::Uuid;

use super::blank;
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::domain::accounts::looks::look;
use crate::model::error::ApiError;
use crate::text::error_responses;

const SITE: &str = "Kith";
/// What speaks for the site, with or without its name.
const OFFICES: [&str; 5] = ["Admin", "Administrator", "Moderator", "Staff", "Support"];
/// What speaks for the site after its name.
const DEPARTMENTS: [&str; 4] = ["Team", "Help", "Security", "Official"];

/// An account with a role beyond `user`.
#[derive(FromRow)]
struct StaffMember {
    id: Uuid,
    username: String,
    display_name: Option<String>,
}

/// Checks that the display name that `user` wants is not mistaken for the site's or a staff member's. Staff can have any.
/// Index: `users_staff_idx`.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub async fn check(pool: &Pool, user: Uuid, name: &str) -> Result<(), OperationError> {
    let staff = "SELECT id, username, display_name FROM users.users WHERE roles <> '{user}'::text[]";
    let staff: Vec<StaffMember> = sqlx::query_as(staff).fetch_all(pool).await?;
    if staff.iter().any(|member| member.id == user) {
        return Ok(());
    }
    let wanted = readings(name);
    let names = staff.iter().flat_map(|member| [Some(&member.username), member.display_name.as_ref()]);
    let is_taken = names.flatten().any(|name| !wanted.is_disjoint(&readings(name)));
    if is_taken || is_official(&wanted) {
        return Err(ApiError::field("display_name", error_responses::display_name_official()).into());
    }
    Ok(())
}

fn is_official(wanted: &BTreeSet<String>) -> bool {
    let with_site = OFFICES.iter().chain(&DEPARTMENTS).map(|word| format!("{SITE} {word}"));
    let mut names = OFFICES.map(ToOwned::to_owned).into_iter().chain([SITE.to_owned()]).chain(with_site);
    names.any(|name| !wanted.is_disjoint(&readings(&name)))
}

/// Returns how a name reads, as typed, in lower case and in capitals, where an I looks like an l: the letters and digits
/// of its skeleton (UTS #39, section 4), without marks.
fn readings(name: &str) -> BTreeSet<String> {
    let plain: String =
        name.nfkd().filter(|char| canonical_combining_class(*char) == 0 && !blank::is_ignorable(*char)).collect();
    [plain.to_lowercase(), plain.to_uppercase(), plain]
        .into_iter()
        .map(|name| {
            let similar: String = skeleton(&name).collect();
            look(&similar).to_lowercase().chars().filter(|char| char.is_alphanumeric()).collect::<String>()
        })
        .filter(|reading| !reading.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_speak_for_the_site_are_found() {
        for name in [
            "Kith",
            "KITH",
            "Кith",
            "K i t h",
            "Kith Support",
            "Kıth Téam",
            "Supp0rt",
            "Adrnin",
            "ＡＤＭＩＮ",
            "kith-team",
            "Κith",
        ] {
            assert!(is_official(&readings(name)), "{name}");
        }
        for name in ["Keith", "Kitty", "Ann Admin", "Support Act", "Judith", "Администратор", "🌱"] {
            assert!(!is_official(&readings(name)), "{name}");
        }
    }
}
