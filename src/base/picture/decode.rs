//! From the bytes of an upload to the pixels of its centre square.

use image::DynamicImage;
use image::metadata::Orientation;

use super::color::Colors;
use super::{Invalid, jpeg, png};

/// What a decoder may hold of a picture at one time, in bytes.
pub(super) const MAX_MEMORY: u64 = 320_000_000;

/// Bounds the time to a few seconds.
const MAX_PIXELS: u64 = 100_000_000;

const JPEG: &[u8] = b"\xFF\xD8\xFF";
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";

/// The part of an upload that becomes the avatar.
pub(super) struct Decoded {
    /// The centre square, with 8 bits a sample: grey or RGB, perhaps with alpha.
    pub(super) square: DynamicImage,
    /// How to turn it upright.
    pub(super) orientation: Orientation,
    /// What its samples mean.
    pub(super) colors: Colors,
}

/// Decodes by content alone. Of an animated PNG that is the still picture, which stands first.
pub(super) fn decode(upload: &[u8]) -> Result<Decoded, Invalid> {
    if upload.starts_with(JPEG) {
        jpeg::decode(upload)
    } else if upload.starts_with(PNG) {
        png::decode(upload)
    } else {
        Err(Invalid::Type)
    }
}

/// Checks, before anything is decoded, that a picture of this size can be: `memory` is what its decoder holds
/// at one time, in bytes.
pub(super) fn check_size(width: u32, height: u32, memory: u64) -> Result<(), Invalid> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || memory > MAX_MEMORY { Err(Invalid::TooLarge { width, height }) } else { Ok(()) }
}

/// Broken metadata is no reason to refuse a picture: browsers show it.
pub(super) fn orientation(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}
