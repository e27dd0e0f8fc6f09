//! A folder instead of a provider: each mail becomes a file that `/dev/mail` shows.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::fs;
use uuid::Uuid;

use super::{FailureKind, SendError};
use crate::email::messages::Mail;

#[derive(Clone)]
pub struct Folder {
    dir: PathBuf,
}

/// A mail as it is stored in the folder.
#[derive(Serialize, Deserialize)]
pub struct StoredMail {
    pub id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub sent_at: OffsetDateTime,
    #[serde(flatten)]
    pub mail: Mail,
}

impl Folder {
    pub const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    pub(super) async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let stored = self.store(mail).await;
        stored.map_err(|error| SendError::new(FailureKind::Ours, format!("mail folder: {}", error.kind())))
    }

    /// All mails, newest first.
    ///
    /// # Errors
    /// If the folder or a mail in it cannot be read.
    pub async fn list(&self) -> io::Result<Vec<StoredMail>> {
        let mut mails = Vec::new();
        let mut entries = fs::read_dir(&self.dir).await?;
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                mails.push(serde_json::from_slice::<StoredMail>(&fs::read(path).await?)?);
            }
        }
        mails.sort_by_key(|mail| std::cmp::Reverse(mail.id));
        Ok(mails)
    }

    /// The mail with this id, if it exists.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn find(&self, id: Uuid) -> io::Result<Option<StoredMail>> {
        match fs::read(self.path(id)).await {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn store(&self, mail: &Mail) -> io::Result<()> {
        // Version 7 ids sort by time.
        let stored = StoredMail { id: Uuid::now_v7(), sent_at: OffsetDateTime::now_utc(), mail: mail.clone() };
        let path = self.path(stored.id);
        let unfinished = path.with_extension("new");
        fs::create_dir_all(&self.dir).await?;
        fs::write(&unfinished, serde_json::to_vec_pretty(&stored)?).await?;
        fs::rename(unfinished, path).await
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.dir.join(format!("{id}.json"))
    }
}
