//! Where avatars are kept: a folder or an S3 bucket, chosen by the scheme of `AVATAR_STORE_URL`.

mod error;
mod key;
mod s3;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{Attribute, Attributes, Error, ObjectStore, ObjectStoreExt as _, PutOptions};
use tokio::time::timeout;
use url::Url;

/// How long an operation may take, retries included: whoever waits behind it is still there to be
/// told that it failed.
const LIMIT: Duration = Duration::from_secs(10);

/// Why the store did not do what it was asked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing can be stored under such a key.
    #[error("not a key of the avatar store")]
    Key,
    /// The store is out of order, told by kind only: what a provider says may repeat a key.
    #[error("avatar store: {0}")]
    Unavailable(&'static str),
}

/// A store of small objects by key. Clones share it.
///
/// A key has one or more parts separated by `/`. Each begins with an ASCII letter or digit, `-` or
/// `_`, and goes on with these or `.`; the whole has at most 200 bytes.
#[derive(Clone)]
pub struct AvatarStore {
    objects: Arc<dyn ObjectStore>,
    /// The folder, unless it is a bucket.
    folder: Option<PathBuf>,
}

impl AvatarStore {
    /// Opens `file:///folder`, which is created if it is missing, or `s3://bucket/prefix`, which is
    /// not asked yet and takes its settings through `lookup` (name to value) from the variables of
    /// the AWS tools; `s3.rs` has their names.
    ///
    /// # Errors
    /// When the URL is of another kind, the folder cannot be created or a variable is malformed.
    pub fn open(url: &Url, lookup: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        match url.scheme() {
            "file" => {
                let folder = url.to_file_path().ok().context("not the path of a folder")?;
                fs::create_dir_all(&folder).context("the folder of the avatars cannot be created")?;
                // Whoever was told that the avatar is saved keeps it through a power failure.
                let objects = LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true);
                Ok(Self { objects: Arc::new(objects), folder: Some(folder) })
            }
            "s3" => {
                let prefix = object_store::path::Path::from_url_path(url.path())?;
                let objects = PrefixStore::new(s3::bucket(url, lookup)?, prefix);
                Ok(Self { objects: Arc::new(objects), folder: None })
            }
            scheme => bail!("avatars cannot be kept in {scheme}"),
        }
    }

    /// Stores an object, in place of the one that was there. Readers see the old or the new one,
    /// never a part. A folder does not keep the content type.
    ///
    /// # Errors
    /// When the key is none, or the store is out of order: then it may be stored or not.
    pub async fn put(&self, key: &str, bytes: Bytes, content_type: &'static str) -> Result<(), StoreError> {
        let path = key::path(key)?;
        let mut attributes = Attributes::new();
        if self.folder.is_none() {
            attributes.insert(Attribute::ContentType, content_type.into());
        }
        let put = self.objects.put_opts(&path, bytes.into(), PutOptions { attributes, ..Default::default() });
        self.with_timeout(put).await?.map(drop).ok_or(error::GONE)
    }

    /// The whole object, or `None` when there is none under this key.
    ///
    /// # Errors
    /// When the key is none, or the store is out of order.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        let path = key::path(key)?;
        self.with_timeout(async { self.objects.get(&path).await?.bytes().await }).await
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// When the key is none, or the store is out of order.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let path = key::path(key)?;
        self.with_timeout(self.objects.delete(&path)).await.map(drop)
    }

    /// What the operation gives, or `None` when the object is missing, but not all the others too.
    async fn with_timeout<T>(
        &self,
        operation: impl Future<Output = object_store::Result<T>>,
    ) -> Result<Option<T>, StoreError> {
        let checked = async {
            match operation.await {
                Ok(done) => Ok(Some(done)),
                Err(Error::NotFound { source, .. }) if self.exists(&*source).await => Ok(None),
                Err(error) => Err(error::of(&error)),
            }
        };
        timeout(LIMIT, checked).await.unwrap_or(Err(error::SLOW))
    }

    /// Whether the store itself exists, after it has answered `missing` about an object.
    async fn exists(&self, missing: &(dyn std::error::Error + Send + Sync)) -> bool {
        match &self.folder {
            Some(folder) => tokio::fs::metadata(folder).await.is_ok_and(|folder| folder.is_dir()),
            None => !s3::is_bucket_missing(missing),
        }
    }
}
