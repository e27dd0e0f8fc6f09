//! From the bytes of an upload to the pixels of its centre square.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageBuffer, ImageDecoder, Limits};

use super::Invalid;

/// More than cameras give that make files of a few megabytes (6000 × 4000 and 5712 × 4284, with
/// room above), and what a decoder may hold at up to 11 bytes a pixel.
pub(super) const MAX_PIXELS: u64 = 28_000_000;

/// Sets panoramas off from strips of pixels that no camera makes.
const MAX_SIDE: u32 = 8192;

/// What the decoder may take besides the pixels, above all for an inflated colour profile: real
/// ones stay below 4 MB.
const MAX_OVERHEAD: u64 = 8 << 20;

const JPEG: &[u8] = b"\xFF\xD8\xFF";
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";

/// The part of an upload that becomes the avatar.
pub(super) struct Decoded {
    /// The centre square as it is stored, with 8 bits a sample: grey or RGB, perhaps with alpha.
    pub(super) square: DynamicImage,
    /// How to turn it upright.
    pub(super) orientation: Orientation,
    /// The embedded ICC profile, unchecked.
    pub(super) profile: Option<Vec<u8>>,
}

/// Decodes by content alone. Of an animated PNG that is the still picture, which stands first.
pub(super) fn decode(upload: &[u8]) -> Result<Decoded, Invalid> {
    if upload.starts_with(JPEG) {
        read(JpegDecoder::new(Cursor::new(upload))?)
    } else if upload.starts_with(PNG) {
        read(PngDecoder::with_limits(Cursor::new(upload), limits())?)
    } else {
        Err(Invalid::Type)
    }
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_OVERHEAD);
    limits
}

fn read(mut decoder: impl ImageDecoder) -> Result<Decoded, Invalid> {
    decoder.set_limits(limits())?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Invalid::TooLarge);
    }
    // Neither is worth a refusal: browsers show pictures whose metadata is broken.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or_default();
    let color = decoder.color_type();
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| Invalid::TooLarge)?;
    let mut pixels = vec![0; length];
    decoder.read_image(&mut pixels)?;

    let side = crop(&mut pixels, width as usize, height as usize, usize::from(color.bytes_per_pixel()));
    if color.bytes_per_pixel() > color.channel_count() {
        narrow(&mut pixels);
    }
    pixels.shrink_to_fit();
    let square = picture(color, side, pixels).ok_or(Invalid::Type)?;
    Ok(Decoded { square, orientation, profile })
}

/// Leaves the centre square in the buffer and returns its side. In place, since a copy would cost
/// as much memory again.
fn crop(pixels: &mut Vec<u8>, width: usize, height: usize, bytes_per_pixel: usize) -> usize {
    let side = width.min(height);
    let (left, top) = ((width - side) / 2, (height - side) / 2);
    let row = side * bytes_per_pixel;
    for y in 0..side {
        let start = ((top + y) * width + left) * bytes_per_pixel;
        pixels.copy_within(start..start + row, y * row);
    }
    pixels.truncate(side * row);
    side
}

/// Rounds samples of 16 bits (in the machine's order) to 8, in place.
fn narrow(pixels: &mut Vec<u8>) {
    let samples = pixels.len() / 2;
    for i in 0..samples {
        let sample = u16::from_ne_bytes([pixels[2 * i], pixels[2 * i + 1]]);
        // White is 255 × 257.
        pixels[i] = u8::try_from((u32::from(sample) + 128) / 257).unwrap_or(u8::MAX);
    }
    pixels.truncate(samples);
}

fn picture(color: ColorType, side: usize, pixels: Vec<u8>) -> Option<DynamicImage> {
    let side = u32::try_from(side).ok()?;
    match color {
        ColorType::L8 | ColorType::L16 => ImageBuffer::from_raw(side, side, pixels).map(DynamicImage::ImageLuma8),
        ColorType::La8 | ColorType::La16 => ImageBuffer::from_raw(side, side, pixels).map(DynamicImage::ImageLumaA8),
        ColorType::Rgb8 | ColorType::Rgb16 => ImageBuffer::from_raw(side, side, pixels).map(DynamicImage::ImageRgb8),
        ColorType::Rgba8 | ColorType::Rgba16 => ImageBuffer::from_raw(side, side, pixels).map(DynamicImage::ImageRgba8),
        _ => None,
    }
}
