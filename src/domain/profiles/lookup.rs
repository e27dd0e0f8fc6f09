//! Looks up single users for other services, which ask for many at the same time.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::collections::HashMap;
use uuid::Uuid;

use super::profile;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, Reader};
use crate::base::loader::Loader;
use crate::domain::graph::blocks;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::model::profiles::PublicUser;

/// One loader for each server that reads may use.
pub struct UserLookup(Vec<Loader<PublicUser>>);

impl UserLookup {
    pub fn new(database: &Database) -> Self {
        Self(database.readers().map(|pool| Loader::new(pool.clone(), fetch)).collect())
    }

    /// Returns the public fields of a user, from this server.
    ///
    /// # Errors
    /// `USER_NOT_FOUND`, also for hidden users and those who block `viewer`.
    pub async fn find(&self, reader: &Reader, id: UserId, viewer: Option<UserId>) -> Result<PublicUser, ApiError> {
        let ids = [id.0];
        let user = self.0[reader.index()].find(id.0);
        let (user, missing) = tokio::try_join!(user, blocks::missing(reader, viewer, &ids))?;
        user.filter(|_| missing.is_empty()).ok_or_else(|| ErrorCode::UserNotFound.into())
    }
}

fn fetch(pool: Pool, ids: Vec<Uuid>) -> BoxFuture<'static, Result<HashMap<Uuid, PublicUser>, ApiError>> {
    async move { profile::public_by_id(&pool, &ids).await }.boxed()
}
