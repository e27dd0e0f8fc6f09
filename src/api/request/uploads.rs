//! Limits concurrent uploads, since each file is held in memory until it is complete.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;
use http::header::RETRY_AFTER;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::text::error_responses;

/// For all users together: at most 64 MB.
const MAX_UPLOADS: usize = 32;
/// For one user, who has one picture.
const MAX_UPLOADS_PER_USER: usize = 2;
/// Seconds until a user with no free slot may retry.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// The upload slots. Requests never wait for one.
#[derive(Clone)]
pub struct Uploads {
    slots: Arc<Semaphore>,
    by_user: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// A slot for one upload, released on drop.
pub struct UploadSlot {
    user: UserId,
    by_user: Arc<Mutex<HashMap<UserId, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(MAX_UPLOADS)), by_user: Arc::default() }
    }
}

impl Uploads {
    /// Takes a slot for an upload of `user`.
    ///
    /// # Errors
    /// `RATE_LIMITED` if the user's slots are taken, `OVERLOADED` if all slots are; both with `Retry-After`.
    pub fn take(&self, user: UserId) -> Result<UploadSlot, ApiError> {
        let mut by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = by_user.get(&user).copied().unwrap_or_default();
        if taken >= MAX_UPLOADS_PER_USER {
            if let Some(response) = use_context::<ResponseOptions>() {
                response.insert_header(RETRY_AFTER, RETRY_AFTER_SECONDS);
            }
            return Err(ApiError::new(ErrorCode::RateLimited, error_responses::uploads_under_way()));
        }
        let permit = self.slots.clone().try_acquire_owned().map_err(|_| ErrorCode::Overloaded)?;
        by_user.insert(user, taken + 1);
        Ok(UploadSlot { user, by_user: self.by_user.clone(), _permit: permit })
    }
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = by_user.get_mut(&self.user) {
            *taken -= 1;
            if *taken == 0 {
                by_user.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn uploads_are_limited_per_user_and_in_total() {
        let uploads = Uploads::default();
        let users: Vec<_> = (0..MAX_UPLOADS).map(|_| UserId(Uuid::now_v7())).collect();
        let code = |user| uploads.take(user).err().map(|error| error.code);
        let first = [uploads.take(users[0]).unwrap(), uploads.take(users[0]).unwrap()];
        assert_eq!(code(users[0]), Some(ErrorCode::RateLimited));
        let others: Vec<_> = users[1..MAX_UPLOADS - 1].iter().map(|user| uploads.take(*user).unwrap()).collect();
        assert_eq!(code(users[MAX_UPLOADS - 1]), Some(ErrorCode::Overloaded));
        drop(first);
        assert_eq!(code(users[0]), None);
        drop(others);
        assert!(uploads.by_user.lock().unwrap().is_empty());
    }
}
