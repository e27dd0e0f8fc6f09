//! Encodes the finished picture without any metadata.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageResult};

use super::Format;

/// Out of 100: artifacts are invisible on faces, at half the size of 95.
const JPEG_QUALITY: u8 = 85;

/// JPEG unless a pixel is transparent.
pub(super) fn format(picture: &DynamicImage) -> Format {
    let opaque = picture.as_rgba8().is_none_or(|pixels| pixels.pixels().all(|pixel| pixel.0[3] == u8::MAX));
    if opaque { Format::Jpeg } else { Format::Png }
}

pub(super) fn encode(picture: &DynamicImage, format: Format) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        // JPEG has no alpha, and these pixels are all opaque.
        Format::Jpeg => picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)),
        Format::Png => picture.write_with_encoder(PngEncoder::new_with_quality(
            &mut bytes,
            CompressionType::Default,
            FilterType::Adaptive,
        )),
    }?;
    Ok(bytes)
}
