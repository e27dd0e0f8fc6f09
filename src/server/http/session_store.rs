//! Page sessions in PostgreSQL, so that they work across instances and restarts.

use async_trait::async_trait;
use sqlx::types::Json;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::base::database::Database;
use crate::base::random::sha256;
use crate::base::sweep::{ExpiringRows, rows_by_hash};

/// Expired sessions.
pub const EXPIRED: ExpiringRows = rows_by_hash!("page sessions", "users.sessions");

/// Stores sessions under the hash of their ID, so that the table cannot be used to take one over.
#[derive(Clone, Debug)]
pub struct PostgresSessions {
    database: Database,
}

impl PostgresSessions {
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

fn key(id: &Id) -> Vec<u8> {
    sha256(&id.0.to_le_bytes())
}

fn backend_error(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for PostgresSessions {
    // IDs have 128 random bits, so a new one is never in use.
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let statement = "
             INSERT INTO users.sessions (id_hash, data, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (id_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at";
        let save = || {
            let statement = sqlx::query(statement).bind(key(&record.id)).bind(Json(&record.data));
            statement.bind(record.expiry_date).execute(&*self.database)
        };
        self.database.write(save).await.map_err(backend_error)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row: Option<(Json<_>, OffsetDateTime)> =
            sqlx::query_as("SELECT data, expires_at FROM users.sessions WHERE id_hash = $1 AND expires_at > now()")
                .bind(key(id))
                .fetch_optional(&*self.database)
                .await
                .map_err(backend_error)?;
        Ok(row.map(|(Json(data), expiry_date)| Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let statement = "DELETE FROM users.sessions WHERE id_hash = $1";
        let delete = || sqlx::query(statement).bind(key(id)).execute(&*self.database);
        self.database.write(delete).await.map_err(backend_error)?;
        Ok(())
    }
}
