//! Stores avatars in a folder or an S3 bucket, depending on the scheme of `AVATAR_STORE_URL`.

mod error;
mod key;
mod s3;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{Attribute, Attributes, Error, ObjectStore, ObjectStoreExt as _, PutOptions};
use tokio::time::timeout;
use url::Url;

/// Longest time for an operation, including retries. Clients wait longer than this, so they still receive the error.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a store operation failed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The key is malformed.
    #[error("not a valid avatar store key")]
    InvalidKey,
    /// There is no room for the object. Nothing of it was stored.
    #[error("avatar store: the disk is full")]
    Full,
    /// The store failed. The text is fixed, because a provider's message may repeat an access key.
    #[error("avatar store: {0}")]
    Unavailable(&'static str),
}

/// A store of small objects by key. Clones share the store.
///
/// A key has at most 200 bytes and consists of parts separated by `/`. Each part starts with an ASCII letter, a digit,
/// `-` or `_`, followed by these or `.`.
#[derive(Clone)]
pub struct AvatarStore {
    objects: Arc<dyn ObjectStore>,
    /// `None` for a bucket.
    folder: Option<PathBuf>,
}

impl AvatarStore {
    /// Opens `file:///folder`, which is created if it is missing, or `s3://bucket/prefix`, which is not contacted yet.
    /// For S3, `lookup` returns the values of the AWS variables that `s3.rs` lists.
    pub fn open(url: &Url, lookup: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        match url.scheme() {
            "file" => {
                let folder = url.to_file_path().ok().context("not a folder path")?;
                fs::create_dir_all(&folder).context("cannot create the avatar folder")?;
                // A saved avatar must survive a power failure. Folders that a deletion leaves empty are deleted.
                let objects = LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true).with_automatic_cleanup(true);
                Ok(Self { objects: Arc::new(objects), folder: Some(folder) })
            }
            "s3" => {
                let prefix = object_store::path::Path::from_url_path(url.path())?;
                let objects = PrefixStore::new(s3::bucket(url, lookup)?, prefix);
                Ok(Self { objects: Arc::new(objects), folder: None })
            }
            scheme => bail!("unsupported avatar store: {scheme}"),
        }
    }

    /// Stores an object, and replaces an existing one. Readers see either the old or the new object, never a part. A
    /// folder does not keep the content type.
    ///
    /// # Errors
    /// `Full`. `Unavailable`: the object may or may not have been stored.
    pub async fn put(&self, key: &str, bytes: Bytes, content_type: &'static str) -> Result<(), StoreError> {
        let path = key::path(key)?;
        let mut attributes = Attributes::new();
        if self.folder.is_none() {
            attributes.insert(Attribute::ContentType, content_type.into());
        }
        let put = self.objects.put_opts(&path, bytes.into(), PutOptions { attributes, ..Default::default() });
        self.with_timeout(put).await?.map(drop).ok_or(error::MISSING)
    }

    /// Returns the object, or `None` if the key does not exist.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        let path = key::path(key)?;
        self.with_timeout(async { self.objects.get(&path).await?.bytes().await }).await
    }

    /// Deletes an object, and what is left of attempts to store it. A missing one is not an error.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let path = key::path(key)?;
        let delete = async {
            if let Some(folder) = &self.folder {
                let unfinished = delete_unfinished(&folder.join(key)).await;
                unfinished.map_err(|error| Error::Generic { store: "folder", source: error.into() })?;
            }
            self.objects.delete(&path).await
        };
        self.with_timeout(delete).await.map(drop)
    }

    /// Returns the result of the operation, or `None` if the object is missing. A missing store is an error.
    async fn with_timeout<T>(
        &self,
        operation: impl Future<Output = object_store::Result<T>>,
    ) -> Result<Option<T>, StoreError> {
        let checked = async {
            match operation.await {
                Ok(done) => Ok(Some(done)),
                Err(Error::NotFound { source, .. }) if self.exists(&*source).await => Ok(None),
                Err(error) => Err(error::classify(&error)),
            }
        };
        timeout(OPERATION_TIMEOUT, checked).await.unwrap_or(Err(error::TIMED_OUT))
    }

    /// Returns whether the store itself exists, given a `not_found` error for an object.
    async fn exists(&self, not_found: &(dyn std::error::Error + Send + Sync)) -> bool {
        match &self.folder {
            Some(folder) => tokio::fs::metadata(folder).await.is_ok_and(|folder| folder.is_dir()),
            None => !s3::is_bucket_missing(not_found),
        }
    }
}

/// `object_store` writes a file under its name with `#1` (or the next free number) and then renames it. A process that
/// is killed in between leaves this file behind.
async fn delete_unfinished(file: &Path) -> io::Result<()> {
    for number in 1.. {
        let mut unfinished = file.as_os_str().to_owned();
        unfinished.push(format!("#{number}"));
        match tokio::fs::remove_file(unfinished).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            outcome => outcome?,
        }
    }
    Ok(())
}
