//! Reads timestamps from PostgreSQL.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, Postgres, Type};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::model::timestamp::Timestamp;

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
