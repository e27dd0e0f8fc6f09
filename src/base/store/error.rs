//! Maps store errors to fixed texts that contain no path, response or secret.

use std::error::Error as _;
use std::io;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use super::StoreError;

pub(super) const MISSING: StoreError = StoreError::Unavailable("the folder or bucket is missing");
pub(super) const TIMED_OUT: StoreError = StoreError::Unavailable("no response in time");
const DENIED: StoreError = StoreError::Unavailable("access is denied");

pub(super) fn classify(error: &Error) -> StoreError {
    match error {
        Error::NotFound { .. } => return MISSING,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => return DENIED,
        _ => {}
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return classify_http(error.kind());
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return classify_io(error.kind());
        }
        cause = error.source();
    }
    StoreError::Unavailable("the request was rejected")
}

fn classify_http(kind: HttpErrorKind) -> StoreError {
    match kind {
        HttpErrorKind::Connect => StoreError::Unavailable("no connection"),
        HttpErrorKind::Timeout => TIMED_OUT,
        _ => StoreError::Unavailable("incomplete response"),
    }
}

fn classify_io(kind: io::ErrorKind) -> StoreError {
    match kind {
        io::ErrorKind::PermissionDenied => DENIED,
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => MISSING,
        io::ErrorKind::ReadOnlyFilesystem => StoreError::Unavailable("the folder is read-only"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Unavailable("disk error"),
    }
}
