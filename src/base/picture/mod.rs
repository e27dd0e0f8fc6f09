//! Creates the two avatar pictures from an upload, and discards everything else.

mod color;
mod decode;
mod encode;
mod hdr;
mod jpeg;
mod png;
mod resize;
mod square;
#[cfg(test)]
mod tests;

use std::error::Error;

use bytes::Bytes;
use image::DynamicImage;

use self::decode::{Decoded, decode};
use super::random;

/// The sides of the two squares, in pixels.
pub const LARGE: u32 = 512;
pub const SMALL: u32 = 128;

/// An avatar in both sizes.
#[derive(Debug)]
pub struct Rendered {
    /// [`LARGE`] × [`LARGE`] pixels.
    pub large: Variant,
    /// [`SMALL`] × [`SMALL`] pixels.
    pub small: Variant,
}

/// A finished file: sRGB with 8 bits per sample, upright, without metadata.
#[derive(Debug)]
pub struct Variant {
    pub bytes: Bytes,
    pub format: Format,
    /// The SHA-256 of `bytes` in base64url (43 characters), so the same picture has the same name.
    pub name: String,
}

/// The format of a finished picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Opaque pictures.
    Jpeg,
    /// Pictures with transparency.
    Png,
}

impl Format {
    /// The file name extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    /// The format with this file name extension.
    pub fn of_extension(extension: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png].into_iter().find(|format| format.extension() == extension)
    }

    /// The media type for `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// Why an upload was rejected, for the log. Contains nothing of the picture's content.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    #[error("neither a JPEG nor a PNG")]
    Type,
    #[error("{width} × {height} pixels exceed the limits of time or memory")]
    TooLarge { width: u32, height: u32 },
    #[error("the picture is corrupt")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl Invalid {
    fn broken(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Broken(error.into())
    }
}

/// Renders the center square of a JPEG or PNG in both sizes: rotated by its EXIF orientation, converted to sRGB and
/// encoded again from pixels. A smaller picture is enlarged, so that clients can rely on the size of avatars.
///
/// This can take several seconds, so run it on a thread that may block. It uses at most 340 MB of memory (90 MB for a
/// 24-megapixel phone photo), in addition to two copies of the upload. The caller limits the size of the upload and the
/// number of concurrent calls. Pictures of up to 100 megapixels are accepted if they can be decoded within the memory
/// limit: all PNGs that are not interlaced, sequential JPEGs with one scan and at most three components, and
/// progressive color JPEGs of up to 33 megapixels.
pub fn render(upload: &[u8]) -> Result<Rendered, Invalid> {
    let Decoded { square, orientation, colors } = decode(upload)?;
    // Convert and rotate after resizing: the result is the same, and it is cheaper.
    let mut large = color::to_srgb(resize::resize(square, LARGE), &colors);
    large.apply_orientation(orientation);
    let small = resize::resize(large.clone(), SMALL);
    let format = encode::format(&large);
    Ok(Rendered { large: variant(&large, format)?, small: variant(&small, format)? })
}

fn variant(picture: &DynamicImage, format: Format) -> Result<Variant, Invalid> {
    let bytes = encode::encode(picture, format).map_err(Invalid::broken)?;
    let name = random::encode(&random::sha256(&bytes));
    Ok(Variant { bytes: bytes.into(), format, name })
}
