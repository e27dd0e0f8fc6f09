//! Decodes PNG row by row, unless it is interlaced.

use std::io::Cursor;

use png::{Decoder, DecodingError, Limits, Reader, Transformations};

use super::Invalid;
use super::color::Colors;
use super::decode::{Decoded, MAX_MEMORY, check_size, orientation};
use super::square::Square;

/// Memory for one row and the metadata, mainly an inflated color profile. Real profiles stay below 4 MB.
const MAX_OVERHEAD: usize = 8 << 20;

pub(super) fn decode(upload: &[u8]) -> Result<Decoded, Invalid> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(upload), Limits { bytes: MAX_OVERHEAD });
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::EXPAND);
    let header = decoder.read_header_info().map_err(Invalid::broken)?;
    let (width, height, interlaced) = (header.width, header.height, header.interlaced);
    check_size(width, height, 0)?;
    let too_large = |error| match error {
        DecodingError::LimitsExceeded => Invalid::TooLarge { width, height },
        error => Invalid::broken(error),
    };
    let mut reader = decoder.read_info().map_err(too_large)?;
    let (color, depth) = reader.output_color_type();
    let (channels, bytes) = (color.samples(), depth as usize / 8);
    let mut square = Square::new(width as usize, height as usize, channels);
    let mut add = |row: &[u8]| if bytes == 2 { square.add(&narrow(row)) } else { square.add(row) };
    if interlaced {
        let length = reader.output_buffer_size().filter(|length| *length as u64 <= MAX_MEMORY);
        let mut pixels = vec![0; length.ok_or(Invalid::TooLarge { width, height })?];
        reader.next_frame(&mut pixels).map_err(Invalid::broken)?;
        pixels.chunks_exact(width as usize * channels * bytes).for_each(add);
    } else {
        while let Some(row) = reader.next_row().map_err(Invalid::broken)? {
            add(row.data());
        }
    }
    Ok(Decoded {
        square: square.finish().ok_or(Invalid::Type)?,
        orientation: orientation(reader.info().exif_metadata.as_deref()),
        colors: colors(&reader),
    })
}

/// Rounds 16-bit big-endian samples to 8 bits: white is 255 × 257.
fn narrow(row: &[u8]) -> Vec<u8> {
    let (samples, _) = row.as_chunks();
    let rounded = samples.iter().map(|sample| (u32::from(u16::from_be_bytes(*sample)) + 128) / 257);
    rounded.map(|sample| u8::try_from(sample).unwrap_or(u8::MAX)).collect()
}

/// The first usable color information, in the order of PNG (third edition), section 4.3, which browsers follow.
fn colors<R>(reader: &Reader<R>) -> Colors
where
    R: std::io::BufRead + std::io::Seek,
{
    let info = reader.info();
    if let Some(colors) = info.coding_independent_code_points.and_then(Colors::from_code_points) {
        return colors;
    }
    if let Some(profile) = &info.icc_profile {
        return Colors::Icc(profile.to_vec());
    }
    if info.srgb.is_some() {
        return Colors::Srgb;
    }
    Colors::from_gamma(info.gama_chunk, info.chrm_chunk)
}
