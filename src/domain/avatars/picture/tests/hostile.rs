//! Uploads that are no pictures, or that mean harm.

use std::time::{Duration, Instant};

use image::ImageEncoder as _;
use image::codecs::png::PngEncoder;
use proptest::prelude::*;

use super::jpeg::*;
use super::png::Png;
use super::*;

#[test]
fn other_types_are_refused_whatever_they_contain() {
    let jpeg = jpeg(&quadrants(8, 8));
    let behind_html = [b"<html>", &jpeg[..]].concat();
    let others: [&[u8]; 9] = [
        b"",
        b"\xFF\xD8",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"RIFF\x1A\0\0\0WEBPVP8L",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"BM\x3A\0\0\0",
        b"\0\0\0\x1CftypavifX",
        b"\x89PNG\n",
        &behind_html,
    ];
    for upload in others {
        assert!(matches!(render(upload), Err(Invalid::Type)), "{upload:?}");
    }
}

#[test]
fn the_size_is_checked_before_anything_is_decoded() {
    let started = Instant::now();
    // Their pixels are missing, so decoding would find them broken.
    for (width, height) in [(20_000, 20_000), (8193, 1), (1, 8193), (8192, 3419), (u32::MAX >> 1, u32::MAX >> 1)] {
        let png = Png { width, height, depth: 16, ..Png::new(1, 1, 6, &[0; 8]) };
        assert!(matches!(render(&png.bytes()), Err(Invalid::TooLarge)), "{width} × {height}");
    }
    for frame in [BASELINE, PROGRESSIVE] {
        for side in [65_500, 8193, 5292] {
            let jpeg = flat_jpeg(frame, side, &[90, 128, 128]);
            assert!(matches!(render(&jpeg), Err(Invalid::TooLarge)), "{side}");
        }
    }
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_picture_at_the_limit_is_taken() {
    let bits = vec![0; 8192 / 8 * 3417];
    let png = Png { depth: 1, width: 8192, ..Png::new(8192 / 8, 3417, 0, &bits) };
    assert!(render(&png.bytes()).is_ok());
}

#[test]
fn a_profile_that_inflates_to_a_bomb_is_not_kept() {
    let mut bomb = swapping_profile();
    bomb.resize(9 << 20, 0);
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    encoder.set_icc_profile(bomb).expect("PNG has profiles");
    RgbImage::from_pixel(1, 1, Rgb(RED)).write_with_encoder(encoder).expect("a PNG");
    assert!(png.len() < 1 << 20);
    let rendered = render(&png).expect("an avatar");
    let shown = image::load_from_memory(&rendered.large.bytes).expect("a picture").to_rgb8();
    assert!(shown.get_pixel(0, 0).0[0] > 200, "the profile, which would turn it green, is not applied");
}

#[test]
fn a_cause_for_the_log_tells_nothing_of_the_picture() {
    let jpeg = with_segment(&jpeg(&quadrants(8, 8)), EXIF, &exif_segment(1));
    let error = render(&jpeg[..80]).expect_err("no picture");
    assert!(matches!(error, Invalid::Broken(_)));
    assert!(!format!("{error} {error:?}").contains("GPS"));
}

/// One upload of each kind that takes a way of its own through the decoders.
fn uploads() -> Vec<Vec<u8>> {
    let picture = quadrants(24, 17);
    let profile = swapping_profile();
    let photo = with_segment(&jpeg(&picture), EXIF, &exif_segment(6));
    let interlaced = [&[0][..], &RED, &[0], &GREEN, &[0], &BLUE, &WHITE].concat();
    let control = [&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1][..], &[0; 8], &[0, 1, 0, 10, 0, 0]].concat();
    vec![
        with_segment(&photo, ICC, &icc_segment(&profile)),
        flat_jpeg(BASELINE, 8, &[90]),
        flat_jpeg(PROGRESSIVE, 8, &[90, 80, 70]),
        flat_jpeg(PROGRESSIVE, 8, &[90, 80, 70, 60]),
        Png::new(24, 17, 2, &picture).chunk(*b"eXIf", exif(6)).profile(&profile).bytes(),
        Png { interlaced: true, rows: interlaced, ..Png::new(2, 2, 2, &[0; 12]) }.bytes(),
        Png { depth: 16, ..Png::new(1, 1, 4, &[1, 2, 3, 4]) }.bytes(),
        Png::new(2, 1, 3, &[0, 1]).chunk(*b"PLTE", [WHITE, BLUE].concat()).chunk(*b"tRNS", [9]).bytes(),
        Png::new(1, 1, 2, &RED).chunk(*b"acTL", [0, 0, 0, 2, 0, 0, 0, 0]).chunk(*b"fcTL", control).bytes(),
    ]
}

#[test]
fn a_truncated_upload_never_panics() {
    for upload in uploads() {
        for length in (0..upload.len()).step_by(upload.len() / 40 + 1) {
            let _ = render(&upload[..length]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn a_damaged_upload_never_panics(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let uploads = uploads();
        let mut upload = which.get(&uploads).clone();
        for (at, mask) in flips {
            let at = at.index(upload.len());
            upload[at] ^= mask;
        }
        let _ = render(&upload);
    }

    #[test]
    fn noise_behind_the_first_bytes_never_panics(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = render(&[b"\xFF\xD8\xFF", &noise[..]].concat());
        let _ = render(&[b"\x89PNG\r\n\x1A\n", &noise[..]].concat());
    }
}
