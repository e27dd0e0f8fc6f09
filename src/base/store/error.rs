//! What is wrong with the store, in words that hold no path, no answer and no secret.

use std::error::Error as _;
use std::io;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use super::StoreError;

pub(super) const GONE: StoreError = StoreError::Unavailable("the folder or bucket is missing");
pub(super) const SLOW: StoreError = StoreError::Unavailable("no answer in time");
const DENIED: StoreError = StoreError::Unavailable("access is denied");

pub(super) fn of(error: &Error) -> StoreError {
    match error {
        Error::NotFound { .. } => return GONE,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => return DENIED,
        _ => {}
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return of_http(error.kind());
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return of_io(error.kind());
        }
        cause = error.source();
    }
    StoreError::Unavailable("the request was refused")
}

fn of_http(kind: HttpErrorKind) -> StoreError {
    match kind {
        HttpErrorKind::Connect => StoreError::Unavailable("no connection"),
        HttpErrorKind::Timeout => SLOW,
        _ => StoreError::Unavailable("no complete answer"),
    }
}

fn of_io(kind: io::ErrorKind) -> StoreError {
    match kind {
        io::ErrorKind::PermissionDenied => DENIED,
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => GONE,
        io::ErrorKind::ReadOnlyFilesystem => StoreError::Unavailable("the folder cannot be written to"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Unavailable("the disk is full"),
        _ => StoreError::Unavailable("the disk fails"),
    }
}
