//! Avatars: from an upload to the picture on a profile, and the removal of unused pictures.

pub mod name;
pub mod remote;
pub mod removals;

use std::sync::Arc;

use bytes::Bytes;
use sqlx::PgConnection;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use self::name::PictureName;
use super::change::Change;
use super::profile;
use crate::base::database::error::OperationError;
use crate::base::database::{Database, begin};
use crate::base::picture::{Invalid, LARGE, Rendered, SMALL, Variant, render};
use crate::base::store::{AvatarStore, StoreError};
use crate::domain::sign_in::calling_user::CallingUser;
use crate::model::accounts::Me;
use crate::model::error::{ApiError, ErrorCode};
use crate::text::error_responses;

/// Pictures rendered at once. Each may use a third of a gigabyte of memory.
const RENDERERS: usize = 2;
/// Further uploads that may wait for a renderer.
const MAX_QUEUED: usize = 16;

/// The pictures of all profiles.
#[derive(Clone)]
pub struct Avatars {
    database: Database,
    /// `None` if the store cannot be opened. Everything else works without it.
    store: Option<AvatarStore>,
    rendering: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    /// Wakes the removal of freed pictures.
    freed: Arc<Notify>,
}

impl Avatars {
    pub fn new(database: Database, store: Option<AvatarStore>) -> Self {
        let permits = |number| Arc::new(Semaphore::new(number));
        Self {
            database,
            store,
            rendering: permits(RENDERERS),
            admitted: permits(RENDERERS + MAX_QUEUED),
            freed: Arc::default(),
        }
    }

    /// Sets the profile's picture to `upload`, a JPEG or PNG (USER-STORY-003-S3). The profile shows the old picture
    /// until both sizes of the new one are stored.
    ///
    /// # Errors
    /// `AVATAR_INVALID`; `OVERLOADED` if too many uploads are waiting or the store fails.
    pub async fn set(&self, user: CallingUser, upload: Bytes) -> Result<Me, ApiError> {
        let rendered = self.render(upload).await?;
        let name = PictureName::new(user.id, &rendered);
        let shown = name.file(LARGE);
        // If a later step fails, this removal deletes whatever has been stored.
        let removal = "INSERT INTO users.avatar_removals (name, due_at) VALUES ($1, now() + interval '10 minutes')";
        self.database.write(|| sqlx::query(removal).bind(&shown).execute(&*self.database)).await?;
        let Rendered { large, small } = rendered;
        for (size, variant) in [(LARGE, large), (SMALL, small)] {
            if let Err(error) = self.put(&name.file(size), variant).await {
                if error == StoreError::Full {
                    // The other size takes up room, too.
                    self.remove_now(&shown).await?;
                }
                return Err(storage_error(error));
            }
        }
        let outcome = self.database.write(|| self.show(user, &name)).await.map_err(ApiError::from);
        if outcome.as_ref().is_err_and(|error| error.code == ErrorCode::Unauthenticated) {
            // The account was deleted or suspended in the meantime.
            self.remove_now(&shown).await?;
        }
        self.wake_removal();
        outcome
    }

    /// Makes the removal of a picture due whose files are all complete or not stored, so that it need not wait.
    async fn remove_now(&self, shown: &str) -> Result<(), ApiError> {
        let now = "UPDATE users.avatar_removals SET due_at = now() WHERE name = $1 AND attempts = 0";
        self.database.write(|| sqlx::query(now).bind(shown).execute(&*self.database)).await?;
        self.wake_removal();
        Ok(())
    }

    /// Replaces the profile's picture with a stored one.
    async fn show(&self, user: CallingUser, name: &PictureName) -> Result<Me, OperationError> {
        let mut transaction = begin(&self.database).await?;
        // A removal that has started may already have deleted the files.
        let cancel = sqlx::query("DELETE FROM users.avatar_removals WHERE name = $1 AND attempts = 0");
        if cancel.bind(name.file(LARGE)).execute(&mut *transaction).await?.rows_affected() == 0 {
            tracing::warn!("storing a picture took too long");
            return Err(ErrorCode::Overloaded.into());
        }
        let change = Change { avatar_url: Some(Some(name.path())), ..Change::default() };
        let me = profile::update(&mut transaction, user, change).await?;
        transaction.commit().await?;
        Ok(me)
    }

    /// Removes the picture from the profile.
    pub async fn clear(&self, user: CallingUser) -> Result<(), ApiError> {
        let clear = async || {
            let change = Change { avatar_url: Some(None), ..Change::default() };
            let mut transaction = begin(&self.database).await?;
            profile::update(&mut transaction, user, change).await?;
            transaction.commit().await?;
            Ok::<(), OperationError>(())
        };
        self.database.write(clear).await?;
        self.wake_removal();
        Ok(())
    }

    /// Returns a stored picture in one of its sizes, or `None` if it does not exist.
    ///
    /// # Errors
    /// `OVERLOADED` if the store fails.
    pub async fn get(&self, name: &PictureName, size: u32) -> Result<Option<Bytes>, ApiError> {
        self.store().map_err(storage_error)?.get(&name.file(size)).await.map_err(storage_error)
    }

    /// Starts the removal of the pictures that a profile change has freed, without waiting for the next poll.
    pub fn wake_removal(&self) {
        self.freed.notify_one();
    }

    fn store(&self) -> Result<&AvatarStore, StoreError> {
        self.store.as_ref().ok_or(StoreError::Unavailable("cannot be opened"))
    }

    async fn render(&self, upload: Bytes) -> Result<Rendered, ApiError> {
        let overloaded = |_| ApiError::from(ErrorCode::Overloaded);
        let _admitted = self.admitted.clone().try_acquire_owned().map_err(overloaded)?;
        let permit = self.rendering.clone().acquire_owned().await;
        // The permit moves into the task: rendering continues even if the caller disconnects.
        let work = move || {
            let rendered = render(&upload);
            drop(permit);
            rendered
        };
        let rendered = tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "cannot render a picture");
            ApiError::from(ErrorCode::Internal)
        })?;
        rendered.map_err(|reason| {
            tracing::info!(%reason, "picture rejected");
            rejection(&reason)
        })
    }

    async fn put(&self, name: &str, variant: Variant) -> Result<(), StoreError> {
        self.store()?.put(name, variant.bytes, variant.format.content_type()).await
    }
}

/// Queues a picture for removal that the row of `user` has ceased to show, if the service stores it. On one machine, a
/// trigger has done that (`migrations/0022_claims.sql`).
pub async fn queue_removal(connection: &mut PgConnection, user: Uuid, avatar_url: Option<&str>) -> sqlx::Result<()> {
    if let Some(avatar_url) = avatar_url {
        let statement = "SELECT users.queue_picture_removal($1, $2)";
        sqlx::query(statement).bind(user).bind(avatar_url).execute(connection).await?;
    }
    Ok(())
}

fn rejection(reason: &Invalid) -> ApiError {
    let code = ErrorCode::AvatarInvalid;
    match reason {
        Invalid::TooLarge { width, height } => ApiError::new(code, error_responses::too_many_pixels(*width, *height)),
        Invalid::Type | Invalid::Broken(_) => code.into(),
    }
}

fn storage_error(error: StoreError) -> ApiError {
    tracing::error!(%error, "avatars");
    ErrorCode::Overloaded.into()
}
