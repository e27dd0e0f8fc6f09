//! Test uploads, and helpers that inspect the resulting avatars.

mod formats;
mod hostile;
mod jpeg;
mod png;
mod privacy;
mod shown;

use image::{DynamicImage, GenericImageView as _, Rgb, RgbImage};
use moxcms::ColorProfile;

use super::*;

pub const RED: [u8; 3] = [220, 30, 30];
pub const GREEN: [u8; 3] = [30, 200, 30];
pub const BLUE: [u8; 3] = [30, 30, 220];
pub const WHITE: [u8; 3] = [250, 250, 250];

/// Represents the location where the picture was taken.
pub const GPS: &[u8] = b"GPS-52.5200N-13.4050E";

/// `RED` and `GREEN` above `BLUE` and `WHITE`.
pub fn quadrants(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        })
    })
}

/// EXIF (a TIFF file, big-endian) with an orientation and [`GPS`].
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut bytes = b"MM\0\x2A\0\0\0\x08\0\x02".to_vec();
    bytes.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    bytes.extend([0x82, 0x98, 0, 2, 0, 0, 0, u8::try_from(GPS.len()).expect("short"), 0, 0, 0, 38]);
    bytes.extend([0; 4]);
    bytes.extend(GPS);
    bytes
}

/// A profile that swaps the red and green of sRGB.
pub fn swapping_profile() -> Vec<u8> {
    let mut profile = ColorProfile::new_srgb();
    std::mem::swap(&mut profile.red_colorant, &mut profile.green_colorant);
    // It would declare sRGB a second time.
    profile.cicp = None;
    profile.encode().expect("a profile")
}

/// A profile that maps four inks to white through a table.
fn cmyk_profile() -> Vec<u8> {
    let white = [255, 255, 128, 128, 128, 128];
    let identity = [1, 0, 0, 0, 1, 0, 0, 0, 1].map(|one: i32| (one << 16).to_be_bytes()).concat();
    // Two steps for each input ink, two for each output channel of Lab.
    let curve = [0, 0, 255, 255];
    let table = [
        &b"mft2\0\0\0\0\x04\x03\x02\0"[..],
        &identity,
        &[0, 2, 0, 2],
        &curve.repeat(4),
        &white.repeat(16),
        &curve.repeat(3),
    ]
    .concat();
    let tag = [&b"\0\0\0\x01A2B0\0\0\0\x90"[..], &u32::try_from(table.len()).expect("short").to_be_bytes()].concat();
    let mut profile = vec![0; 128];
    profile[8] = 2;
    profile[12..24].copy_from_slice(b"prtrCMYKLab ");
    profile[36..40].copy_from_slice(b"acsp");
    profile[68..80].copy_from_slice(b"\0\0\xF6\xD6\0\x01\0\0\0\0\xD3\x2D");
    profile.extend([tag, table].concat());
    let length = u32::try_from(profile.len()).expect("short").to_be_bytes();
    profile[..4].copy_from_slice(&length);
    profile
}

/// Decodes the picture and checks its format and size.
fn shown(variant: &Variant, side: u32) -> DynamicImage {
    let format = image::guess_format(&variant.bytes).expect("a picture");
    assert_eq!(format.to_mime_type(), variant.format.content_type());
    let picture = image::load_from_memory(&variant.bytes).expect("a complete picture");
    assert_eq!(picture.dimensions(), (side, side));
    picture
}

/// The colors at the center of the four quadrants, row by row. Checks that both sizes agree.
fn corners(upload: &[u8]) -> [[u8; 4]; 4] {
    let rendered = render(upload).expect("an avatar");
    let corners = |variant: &Variant, side| {
        let picture = shown(variant, side);
        let (low, high) = (side / 4, side / 4 * 3);
        [(low, low), (high, low), (low, high), (high, high)].map(|(x, y)| picture.get_pixel(x, y).0)
    };
    let large = corners(&rendered.large, LARGE);
    for (large, small) in large.iter().zip(corners(&rendered.small, SMALL)) {
        assert_near(*large, small);
    }
    large
}

#[track_caller]
fn assert_near(color: [u8; 4], expected: [u8; 4]) {
    let near = color.iter().zip(expected).all(|(channel, expected)| channel.abs_diff(expected) <= 6);
    assert!(near, "{color:?} instead of {expected:?}");
}

#[track_caller]
fn assert_all_near(upload: &[u8], expected: [u8; 4]) {
    for color in corners(upload) {
        assert_near(color, expected);
    }
}

fn opaque([red, green, blue]: [u8; 3]) -> [u8; 4] {
    [red, green, blue, 255]
}
