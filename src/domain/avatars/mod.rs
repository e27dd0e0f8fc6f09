//! Avatars: from an upload to a picture that a profile shows, and the removal of those that none
//! shows any more.

pub mod picture;
pub mod store;

use std::sync::Arc;

use bytes::Bytes;
use sqlx::PgPool;
use tokio::sync::Semaphore;
use uuid::Uuid;

use self::picture::{LARGE, Rendered, SMALL, Variant, render};
use self::store::{AvatarStore, StoreError};
use super::database::begin;
use super::profiles::{self, Change};
use crate::model::account::Me;
use crate::model::id::UserId;
use crate::model::profile::AVATAR_PATH;
use crate::rest::error::{ApiError, ErrorCode};

/// Pictures rendered at one time; each may take a third of a gigabyte.
const RENDERERS: usize = 2;
/// Further uploads that may wait for a renderer.
const WAITING: usize = 16;
/// Removals done in one go.
const BATCH: i64 = 100;

/// The pictures of all profiles.
#[derive(Clone)]
pub struct Avatars {
    pool: PgPool,
    /// `None` where pictures cannot be kept: everything else works without them.
    store: Option<AvatarStore>,
    rendering: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Avatars {
    pub fn new(pool: PgPool, store: Option<AvatarStore>) -> Self {
        let permits = |number| Arc::new(Semaphore::new(number));
        Self { pool, store, rendering: permits(RENDERERS), admitted: permits(RENDERERS + WAITING) }
    }

    /// Gives the profile the picture in `upload`, a JPEG or PNG (USER-STORY-003-S3). Until both of its
    /// sizes are stored, the profile shows the old one.
    ///
    /// # Errors
    /// `AVATAR_INVALID`; `OVERLOADED` when too many are waiting, or the store is out of order.
    pub async fn set(&self, user: UserId, upload: Bytes) -> Result<Me, ApiError> {
        let Rendered { large, small } = self.render(upload).await?;
        let extension = large.format.extension();
        // By content, so that a name never changes its meaning, and by upload, so that a removal of the
        // same picture under way cannot meet it.
        let name = |size: u32, key: &str| format!("{key}/{size}.{extension}");
        let key = format!("{user}/{}-{}", &large.name[..22], Uuid::now_v7().simple());
        let shown = name(LARGE, &key);
        // Should anything fail from here on, housekeeping removes what is there.
        sqlx::query("INSERT INTO users.avatar_removals (name, due_at) VALUES ($1, now() + interval '10 minutes')")
            .bind(&shown)
            .execute(&self.pool)
            .await?;
        for (size, variant) in [(LARGE, large), (SMALL, small)] {
            self.put(&name(size, &key), variant).await?;
        }
        let mut transaction = begin(&self.pool).await?;
        let kept = sqlx::query("DELETE FROM users.avatar_removals WHERE name = $1").bind(&shown);
        if kept.execute(&mut *transaction).await?.rows_affected() == 0 {
            tracing::warn!("storing a picture took longer than it may");
            return Err(ErrorCode::Overloaded.into());
        }
        let change = Change { avatar_url: Some(Some(format!("{AVATAR_PATH}{shown}"))), ..Change::default() };
        let me = profiles::update(&mut transaction, user, change).await?;
        transaction.commit().await?;
        self.remove_old();
        Ok(me)
    }

    /// Takes the picture off the profile.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn clear(&self, user: UserId) -> Result<(), ApiError> {
        let mut connection = self.pool.acquire().await?;
        let change = Change { avatar_url: Some(None), ..Change::default() };
        profiles::update(&mut connection, user, change).await?;
        self.remove_old();
        Ok(())
    }

    /// A stored picture, or `None` when there is none of this name.
    ///
    /// # Errors
    /// `OVERLOADED` when the store is out of order.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>, ApiError> {
        match self.store()?.get(name).await {
            Err(StoreError::Key) => Ok(None),
            found => found.map_err(out_of_order),
        }
    }

    fn store(&self) -> Result<&AvatarStore, ApiError> {
        self.store.as_ref().ok_or_else(|| ErrorCode::Overloaded.into())
    }

    async fn render(&self, upload: Bytes) -> Result<Rendered, ApiError> {
        let overloaded = |_| ApiError::from(ErrorCode::Overloaded);
        let _admitted = self.admitted.clone().try_acquire_owned().map_err(overloaded)?;
        let permit = self.rendering.clone().acquire_owned().await;
        // The permit goes along: a caller that leaves does not stop the work.
        let work = move || {
            let rendered = render(&upload);
            drop(permit);
            rendered
        };
        let rendered = tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "rendering a picture");
            ApiError::from(ErrorCode::Internal)
        })?;
        rendered.map_err(|reason| {
            tracing::info!(%reason, "picture refused");
            ErrorCode::AvatarInvalid.into()
        })
    }

    async fn put(&self, name: &str, variant: Variant) -> Result<(), ApiError> {
        self.store()?.put(name, variant.bytes, variant.format.content_type()).await.map_err(out_of_order)
    }

    /// Removes what is due, without anybody waiting for it; housekeeping does it again.
    pub fn remove_old(&self) {
        let avatars = self.clone();
        tokio::spawn(async move {
            if let Err(error) = avatars.sweep().await {
                tracing::warn!(%error, "pictures could not be removed, will be tried again");
            }
        });
    }

    /// Removes the pictures that are due. Any number of instances may do so.
    ///
    /// # Errors
    /// Faults of the database or the store; what is not removed stays due.
    pub async fn sweep(&self) -> anyhow::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        loop {
            let mut transaction = begin(&self.pool).await?;
            let due: Vec<String> = sqlx::query_scalar(
                "DELETE FROM users.avatar_removals WHERE name IN (
                     SELECT name FROM users.avatar_removals WHERE due_at <= now()
                     ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
                 RETURNING name",
            )
            .bind(BATCH)
            .fetch_all(&mut *transaction)
            .await?;
            if due.is_empty() {
                return Ok(());
            }
            for large in &due {
                store.delete(&small_of(large)).await?;
                store.delete(large).await?;
            }
            transaction.commit().await?;
        }
    }
}

/// The name of the same picture in the small size.
fn small_of(large: &str) -> String {
    large.replace(&format!("/{LARGE}."), &format!("/{SMALL}."))
}

fn out_of_order(error: StoreError) -> ApiError {
    tracing::error!(%error, "avatars");
    ErrorCode::Overloaded.into()
}
