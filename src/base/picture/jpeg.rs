//! Decodes JPEG as a whole, because its decoder cannot work by rows.

use std::io::Cursor;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::Invalid;
use super::color::Colors;
use super::decode::{Decoded, check_size, orientation};
use super::square::Square;

pub(super) fn decode(upload: &[u8]) -> Result<Decoded, Invalid> {
    // Like browsers, show as much as possible of a damaged picture.
    let options = DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut reader = Cursor::new(upload);
    let mut headers = JpegDecoder::new_with_options(&mut reader, options);
    headers.decode_headers().map_err(Invalid::broken)?;
    let info = headers.info().ok_or(Invalid::Type)?;
    let is_gray = headers.input_colorspace() == Some(ColorSpace::Luma);
    let profile = headers.icc_profile();
    drop(headers);

    let header = upload.get(..usize::try_from(reader.position()).unwrap_or(usize::MAX)).unwrap_or(upload);
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    let channels = if is_gray { 1 } else { 3 };
    let coefficients = if info.sof.is_sequential_dct() && has_one_scan(header, info.components) {
        0
    } else {
        u64::from(info.components) * 2
    };
    // Coefficients are kept for whole blocks, which are up to 32 pixels wide and high.
    let padded = width.next_multiple_of(32) as u64 * height.next_multiple_of(32) as u64;
    let length = width * height * channels;
    check_size(info.width.into(), info.height.into(), length as u64 + padded * coefficients)?;

    let color_space = if is_gray { ColorSpace::Luma } else { ColorSpace::RGB };
    let mut pixels = vec![0; length];
    JpegDecoder::new_with_options(ZCursor::new(upload), options.jpeg_set_out_colorspace(color_space))
        .decode_into(&mut pixels)
        .map_err(Invalid::broken)?;
    let mut square = Square::new(width, height, channels);
    pixels.chunks_exact(width * channels).for_each(|row| square.add(row));
    drop(pixels);
    Ok(Decoded {
        square: square.finish().ok_or(Invalid::Type)?,
        orientation: orientation(info.exif_data.as_deref()),
        colors: profile.map_or(Colors::Srgb, Colors::Icc),
    })
}

/// Returns whether the first scan has all components. Its data starts where `header` ends. If a component is missing,
/// the decoder keeps the coefficients of all components until the last scan. Four components always count as
/// incomplete: only with fewer can no other scan header end in these bytes.
fn has_one_scan(header: &[u8], components: u8) -> bool {
    if components > 3 {
        return false;
    }
    let length = 6 + 2 * components;
    let begin = header.len().checked_sub(2 + usize::from(length));
    let scan = begin.and_then(|begin| header.get(begin..)).unwrap_or_default();
    scan.starts_with(&[0xFF, 0xDA, 0, length, components])
}
