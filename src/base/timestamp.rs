//! Timestamps from PostgreSQL and from the clock.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, Postgres, Type};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::model::timestamp::Timestamp;

impl From<OffsetDateTime> for Timestamp {
    fn from(time: OffsetDateTime) -> Self {
        // Only years beyond 9999 cannot be written.
        Self::new(time.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default())
    }
}

impl Type<Postgres> for Timestamp {
    fn type_info() -> PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Timestamp {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let time = <OffsetDateTime as Decode<Postgres>>::decode(value)?;
        Ok(Self::new(time.format(&Rfc3339)?))
    }
}
