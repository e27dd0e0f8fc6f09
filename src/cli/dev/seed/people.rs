//! The users of a seeded database, as lines for `COPY`.

use fastrand::Rng;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::{Builder, Uuid};

use super::graph::NAMED;

/// All users register in the year before this date, and follow in the year after it.
const FIRST_FOLLOW: OffsetDateTime = datetime!(2025-01-01 0:00 UTC);
const YEAR: Duration = Duration::days(365);
const FIRST_NAMES: [&str; 16] = [
    "Ada", "Amir", "Chen", "Dana", "Eva", "Femi", "Hana", "Ivo", "Jun", "Lena", "Luis", "Maya", "Nils", "Olga", "Ravi",
    "Zoe",
];
const LAST_NAMES: [&str; 16] = [
    "Adler", "Berg", "Costa", "Diaz", "Evans", "Fischer", "Gray", "Haas", "Ito", "Jensen", "Kim", "Lopez", "Meyer",
    "Novak", "Okoye", "Silva",
];

/// A generated user.
pub struct SeedUser {
    pub id: Uuid,
    line: String,
}

impl SeedUser {
    /// Draws user `number` of `total`.
    pub fn draw(number: u32, total: u32, password_hash: &str, random: &mut Rng) -> anyhow::Result<Self> {
        let created_at = time_in_year(FIRST_FOLLOW - YEAR, number, total);
        let mut bytes = [0; 10];
        random.fill(&mut bytes);
        let millis = u64::try_from(created_at.unix_timestamp_nanos() / 1_000_000)?;
        let id = Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid();
        let (first, last) = (FIRST_NAMES[random.usize(..16)], LAST_NAMES[random.usize(..16)]);
        let username = match NAMED.get(number as usize) {
            Some(name) => (*name).to_owned(),
            None => format!("{}{number}", first.to_lowercase()),
        };
        let created_at = created_at.format(&Rfc3339)?;
        let line =
            format!("{id}\t{username}@example.org\t{username}\t{password_hash}\ttrue\t{created_at}\t{first} {last}\n");
        Ok(Self { id, line })
    }

    /// The columns `id, email, username, password_hash, email_verified, created_at, display_name`.
    pub fn line(&self) -> &str {
        &self.line
    }
}

/// The time of follow `number` of `total`.
pub fn followed_at(number: u32, total: u32) -> OffsetDateTime {
    time_in_year(FIRST_FOLLOW, number, total)
}

fn time_in_year(start: OffsetDateTime, number: u32, total: u32) -> OffsetDateTime {
    let micros = i128::from(number) * YEAR.whole_microseconds() / i128::from(total);
    start + Duration::microseconds(i64::try_from(micros).unwrap_or_default())
}
