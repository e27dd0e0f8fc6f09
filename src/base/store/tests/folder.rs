//! The store in a folder.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use super::*;

fn open(folder: &Path) -> anyhow::Result<AvatarStore> {
    AvatarStore::open(&Url::from_file_path(folder).expect("an absolute path"), |_| None)
}

/// A store in a new folder, inside a temporary one.
fn store() -> (TempDir, PathBuf, AvatarStore) {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("var/avatars");
    let store = open(&folder).expect("a store");
    (outer, folder, store)
}

async fn put(store: &AvatarStore, key: &str, bytes: &'static str) -> Result<(), StoreError> {
    store.put(key, bytes.into(), "image/jpeg").await
}

#[tokio::test]
async fn an_object_can_be_read_until_it_is_deleted() {
    let (_outer, folder, store) = store();
    assert_eq!(store.get(KEY).await, Ok(None));
    put(&store, KEY, "old").await.expect("stored");
    put(&store, KEY, "new").await.expect("replaced");
    assert_eq!(open(&folder).expect("a second store").get(KEY).await, Ok(Some("new".into())));
    assert_eq!(fs::read_dir(folder.join("large")).expect("a folder").count(), 1, "no other files are left");
    store.delete(KEY).await.expect("deleted");
    assert_eq!(store.get(KEY).await, Ok(None));
    store.delete(KEY).await.expect("missing is fine");
}

#[tokio::test]
async fn folders_are_deleted_with_their_last_object() {
    let (_outer, folder, store) = store();
    for key in ["a/b/1.png", "a/b/2.png", "a/c/1.png"] {
        put(&store, key, "x").await.expect("stored");
    }
    for key in ["a/b/1.png", "a/b/2.png"] {
        store.delete(key).await.expect("deleted");
    }
    assert!(!folder.join("a/b").exists());
    assert_eq!(store.get("a/c/1.png").await, Ok(Some("x".into())));
    store.delete("a/c/1.png").await.expect("deleted");
    assert_eq!(fs::read_dir(&folder).expect("the store itself is left").count(), 0);
}

#[tokio::test]
async fn what_a_killed_process_has_left_is_deleted_with_the_object() {
    let (_dir, folder, store) = store();
    put(&store, "a/b.png", "x").await.unwrap();
    for unfinished in ["a/b.png#1", "a/b.png#2", "a/c.png#1", "a/d.png#1"] {
        std::fs::write(folder.join(unfinished), "y").unwrap();
    }
    // Whether or not the object itself was stored.
    store.delete("a/b.png").await.unwrap();
    store.delete("a/c.png").await.unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.join("a")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["d.png#1"]);
}

#[tokio::test]
async fn files_outside_the_folder_are_never_touched() {
    let (outer, folder, store) = store();
    fs::write(outer.path().join("var/secret"), "secret").expect("written");
    fs::write(folder.join(".hidden"), "secret").expect("written");
    let absolute = outer.path().join("var/secret");
    let keys = ["../secret", "%2e%2e/secret", "a/../../secret", absolute.to_str().expect("text"), ".hidden", ""];
    for key in keys {
        assert_eq!(store.get(key).await, Err(StoreError::InvalidKey), "{key}");
        assert_eq!(put(&store, key, "x").await, Err(StoreError::InvalidKey), "{key}");
        assert_eq!(store.delete(key).await, Err(StoreError::InvalidKey), "{key}");
    }
    assert_eq!(fs::read(absolute).expect("untouched"), b"secret");
}

#[tokio::test]
async fn a_missing_folder_is_an_error_and_not_an_empty_store() {
    let (outer, folder, store) = store();
    put(&store, KEY, "x").await.expect("stored");
    fs::rename(folder, outer.path().join("elsewhere")).expect("moved");
    assert_eq!(store.get(KEY).await, Err(error::MISSING));
    assert_eq!(store.delete(KEY).await, Err(error::MISSING));
}

#[tokio::test]
async fn a_file_in_place_of_the_folder_is_an_error() {
    let (outer, folder, store) = store();
    fs::rename(&folder, outer.path().join("elsewhere")).expect("moved");
    fs::write(folder, "a file").expect("written");
    assert!(matches!(put(&store, KEY, "x").await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.get(KEY).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.delete(KEY).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_read_only_folder_is_an_error() {
    let (_outer, folder, store) = store();
    put(&store, "a", "old").await.expect("stored");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("read-only");
    let superuser = fs::write(folder.join("probe"), "").is_ok();
    // Not even the superuser may write to /proc/self.
    let store_to_write = if superuser { open(Path::new("/proc/self")).expect("a store") } else { store.clone() };
    assert!(matches!(put(&store_to_write, "b", "x").await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.get("a").await, Ok(Some("old".into())));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_operation_times_out() {
    let (_outer, _folder, store) = store();
    let hangs = std::future::pending::<object_store::Result<()>>();
    assert_eq!(timeout(OPERATION_TIMEOUT * 2, store.with_timeout(hangs)).await, Ok(Err(error::TIMED_OUT)));
}

#[test]
fn only_folders_and_buckets_are_supported() {
    for url in ["https://bucket/prefix", "file://host/folder", "s3:bucket", "gs://bucket"] {
        assert!(AvatarStore::open(&url.parse().expect("a URL"), |_| None).is_err(), "{url}");
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    assert!(open(&file.path().join("folder")).is_err());
}
