//! Writes the finished picture: pixels, and what is needed to read them.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageResult};

use super::Format;

/// Of 100: artefacts stay invisible on faces, at half the length of 95.
const JPEG_QUALITY: u8 = 85;

/// JPEG unless something shines through.
pub(super) fn format(picture: &DynamicImage) -> Format {
    let opaque = picture.as_rgba8().is_none_or(|pixels| pixels.pixels().all(|pixel| pixel.0[3] == u8::MAX));
    if opaque { Format::Jpeg } else { Format::Png }
}

pub(super) fn encode(picture: &DynamicImage, format: Format) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        // Without the alpha, which is full everywhere: JPEG has none.
        Format::Jpeg => picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)),
        Format::Png => picture.write_with_encoder(PngEncoder::new_with_quality(
            &mut bytes,
            CompressionType::Default,
            FilterType::Adaptive,
        )),
    }?;
    Ok(bytes)
}
