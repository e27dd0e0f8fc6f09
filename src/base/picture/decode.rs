//! Decodes an upload to the pixels of its center square.

use image::DynamicImage;
use image::metadata::Orientation;

use super::color::Colors;
use super::{Invalid, jpeg, png};

/// Memory limit of a decoder, in bytes.
pub(super) const MAX_MEMORY: u64 = 320_000_000;

/// Limits the decoding time to a few seconds.
const MAX_PIXELS: u64 = 100_000_000;

const JPEG: &[u8] = b"\xFF\xD8\xFF";
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";

/// The part of an upload that becomes the avatar.
pub(super) struct Decoded {
    /// The center square, with 8 bits per sample: gray or RGB, with or without alpha.
    pub(super) square: DynamicImage,
    /// The rotation that makes it upright.
    pub(super) orientation: Orientation,
    /// How to interpret its samples.
    pub(super) colors: Colors,
}

/// Decodes by content alone. For an animated PNG, this is the still picture, which comes first.
pub(super) fn decode(upload: &[u8]) -> Result<Decoded, Invalid> {
    if upload.starts_with(JPEG) {
        jpeg::decode(upload)
    } else if upload.starts_with(PNG) {
        png::decode(upload)
    } else {
        Err(Invalid::Type)
    }
}

/// Checks, before decoding, that a picture of this size is within the limits. `memory` is the decoder's peak memory use
/// in bytes.
pub(super) fn check_size(width: u32, height: u32, memory: u64) -> Result<(), Invalid> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || memory > MAX_MEMORY { Err(Invalid::TooLarge { width, height }) } else { Ok(()) }
}

/// Broken metadata does not invalidate a picture: browsers show it, too.
pub(super) fn orientation(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}
