//! JPEG uploads, written byte by byte.

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

use super::exif;

pub const EXIF: u8 = 0xE1;
pub const ICC: u8 = 0xE2;
pub const ADOBE: u8 = 0xEE;
pub const COMMENT: u8 = 0xFE;
pub const BASELINE: u8 = 0xC0;
pub const PROGRESSIVE: u8 = 0xC2;

pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 95)).expect("a JPEG");
    bytes
}

/// Inserts a marker segment after the first two bytes.
pub fn with_segment(jpeg: &[u8], marker: u8, data: &[u8]) -> Vec<u8> {
    [&jpeg[..2], &segment(marker, data), &jpeg[2..]].concat()
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).expect("a short segment").to_be_bytes();
    [&[0xFF, marker], &length[..], data].concat()
}

/// A single-color picture of 8 × 8 pixels, whatever `side` claims. Only the mean of each block is stored, prefixed with
/// its number of bits in four bits.
pub fn flat_jpeg(frame: u8, side: u16, samples: &[u8]) -> Vec<u8> {
    let count = u8::try_from(samples.len()).expect("a few components");
    let mut frame_header = vec![8];
    frame_header.extend(side.to_be_bytes().into_iter().chain(side.to_be_bytes()).chain([count]));
    let mut scan_header = vec![count];
    let mut bits = String::new();
    for (id, &sample) in (1..).zip(samples) {
        frame_header.extend([id, 0x11, 0]);
        scan_header.extend([id, 0]);
        let mean = i32::from(sample) - 128;
        let length = 32 - mean.unsigned_abs().leading_zeros();
        let value = if mean < 0 { mean + (1 << length) - 1 } else { mean };
        let digits = format!("{length:032b}{value:032b}");
        bits.push_str(&digits[28..32]);
        bits.push_str(&digits[64 - length as usize..]);
        // End of block, if the frame type allows other frequencies to follow.
        bits.push_str(if frame == BASELINE { "0" } else { "" });
    }
    scan_header.extend(if frame == BASELINE { [0, 63, 0] } else { [0, 0, 0] });
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    let data = (0..bits.len()).step_by(8).map(|i| u8::from_str_radix(&bits[i..i + 8], 2).expect("bits"));
    let data: Vec<u8> = data.flat_map(|byte| if byte == 0xFF { vec![0xFF, 0] } else { vec![byte] }).collect();

    let mut codes_of_four_bits = vec![0, 0, 0, 0, 12];
    codes_of_four_bits.extend([0; 12]);
    codes_of_four_bits.extend(0..12);
    let mut one_code = vec![0x10, 1];
    one_code.extend([0; 16]);
    let quantization = [&[0][..], &[8; 64]].concat();
    let mut bytes = vec![0xFF, 0xD8];
    bytes.extend(segment(0xDB, &quantization));
    bytes.extend(segment(frame, &frame_header));
    bytes.extend(segment(0xC4, &codes_of_four_bits));
    bytes.extend(segment(0xC4, &one_code));
    bytes.extend(segment(0xDA, &scan_header));
    bytes.extend(data);
    bytes.extend([0xFF, 0xD9]);
    bytes
}

/// The EXIF segment of a JPEG.
pub fn exif_segment(orientation: u8) -> Vec<u8> {
    [b"Exif\0\0", &exif(orientation)[..]].concat()
}

/// The ICC profile segment of a JPEG.
pub fn icc_segment(profile: &[u8]) -> Vec<u8> {
    [b"ICC_PROFILE\0\x01\x01", profile].concat()
}
