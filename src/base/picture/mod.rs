//! Makes the two avatar pictures out of an upload, and lets nothing else of it through.

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

/// A finished file: sRGB with 8 bits a sample, upright, without any metadata.
#[derive(Debug)]
pub struct Variant {
    pub bytes: Bytes,
    pub format: Format,
    /// The SHA-256 of `bytes` in base64url (43 characters): the same picture has the same name.
    pub name: String,
}

/// What a picture is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Opaque pictures.
    Jpeg,
    /// Pictures with transparency.
    Png,
}

impl Format {
    /// The end of a file's name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    /// The format whose files end in `extension`.
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

/// Why an upload is no avatar: for the log. It says what is wrong, never what is in the picture.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    #[error("neither a JPEG nor a PNG")]
    Type,
    #[error("{width} × {height} pixels exceed the limits of time or memory")]
    TooLarge { width: u32, height: u32 },
    #[error("the picture is broken")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl Invalid {
    fn broken(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Broken(error.into())
    }
}

/// Renders the centre square of a JPEG or PNG in both sizes: turned as its EXIF orientation says,
/// in sRGB, re-encoded from pixels. A smaller picture is enlarged, so that whoever shows avatars
/// can rely on their size.
///
/// It computes for up to some seconds, so it belongs on a thread that may block. It holds 340 MB at most, for
/// a 24-megapixel photo from a phone 90 MB, besides two copies of the upload: the caller limits the upload's
/// length and how many run at once. What can be decoded within that is taken, up to 100 megapixels: all PNG
/// that are not interlaced, JPEG of 100 megapixels or, if they are progressive, of 33 in colour.
///
/// # Errors
/// When the content is of another type, too large or broken.
pub fn render(upload: &[u8]) -> Result<Rendered, Invalid> {
    let Decoded { square, orientation, colors } = decode(upload)?;
    // Colours and orientation wait until the picture is small: the result is the same, and cheap.
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
