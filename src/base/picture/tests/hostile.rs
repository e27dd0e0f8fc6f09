//! Uploads that are not pictures or are malicious.

use std::time::{Duration, Instant};

use image::ImageEncoder as _;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use proptest::prelude::*;

use super::jpeg::*;
use super::png::Png;
use super::*;

#[test]
fn other_types_are_rejected_whatever_they_contain() {
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
    let assert_rejected = |upload: &[u8], size: (u32, u32)| {
        let error = render(upload).expect_err("too large");
        assert!(matches!(error, Invalid::TooLarge { width, height } if (width, height) == size), "{error:?}");
    };
    // The pixels are missing, so decoding would fail with another error.
    for (width, height) in [(20_000, 20_000), (10_001, 10_000), (100_000_000, 1), (u32::MAX >> 1, u32::MAX >> 1)] {
        let png = Png { width, height, depth: 16, ..Png::new(1, 1, 6, &[0; 8]) };
        assert_rejected(&png.bytes(), (width, height));
    }
    let interlaced = Png { width: 6400, height: 6400, depth: 16, interlaced: true, ..Png::new(1, 1, 6, &[0; 8]) };
    assert_rejected(&interlaced.bytes(), (6400, 6400));
    for (frame, side, samples) in [
        (BASELINE, 65_500, &[90, 128, 128][..]),
        (BASELINE, 10_001, &[90]),
        (BASELINE, 5_500, &[90, 128, 128, 128]),
        (PROGRESSIVE, 10_001, &[90]),
        (PROGRESSIVE, 6_000, &[90, 128, 128]),
        (PROGRESSIVE, 5_500, &[90, 128, 128, 128]),
    ] {
        assert_rejected(&flat_jpeg(frame, side, samples), (side.into(), side.into()));
    }
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_jpeg_with_separate_scans_counts_the_memory_of_its_coefficients() {
    // The first scan has one of three components, so the decoder would keep nine bytes per pixel.
    let mut jpeg = flat_jpeg(BASELINE, 6_000, &[90, 128, 128]);
    let scan = jpeg.windows(5).position(|bytes| bytes == [0xFF, 0xDA, 0, 12, 3]).expect("a scan");
    jpeg.splice(scan..scan + 14, [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
    assert!(matches!(render(&jpeg), Err(Invalid::TooLarge { .. })));
}

#[test]
fn a_picture_with_many_pixels_is_accepted_if_it_can_be_decoded() {
    let mut gray = Vec::new();
    image::GrayImage::from_pixel(6400, 6400, image::Luma([90]))
        .write_with_encoder(JpegEncoder::new_with_quality(&mut gray, 80))
        .expect("a JPEG");
    assert_all_near(&gray, [90, 90, 90, 255]);
    assert_all_near(&jpeg(&RgbImage::from_pixel(12_000, 2_000, Rgb(BLUE))), opaque(BLUE));
    let mut png = Vec::new();
    quadrants(3_400, 3_300).write_with_encoder(PngEncoder::new(&mut png)).expect("a PNG");
    for (color, expected) in corners(&png).into_iter().zip([RED, GREEN, BLUE, WHITE]) {
        assert_near(color, opaque(expected));
    }
    // A panorama with one bit per pixel, 40,000 pixels wide.
    let bits = vec![0xFF; 40_000 / 8 * 60];
    let panorama = Png { depth: 1, width: 40_000, ..Png::new(40_000 / 8, 60, 0, &bits) };
    assert_all_near(&panorama.bytes(), [255, 255, 255, 255]);
}

#[test]
fn a_zip_bomb_in_a_profile_is_discarded() {
    let mut bomb = swapping_profile();
    bomb.resize(9 << 20, 0);
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    encoder.set_icc_profile(bomb).expect("PNG supports profiles");
    RgbImage::from_pixel(1, 1, Rgb(RED)).write_with_encoder(encoder).expect("a PNG");
    assert!(png.len() < 1 << 20);
    let rendered = render(&png).expect("an avatar");
    let shown = image::load_from_memory(&rendered.large.bytes).expect("a picture").to_rgb8();
    assert!(shown.get_pixel(0, 0).0[0] > 200, "the profile, which would turn it green, was applied");
}

#[test]
fn a_logged_error_contains_nothing_of_the_picture() {
    let jpeg = with_segment(&jpeg(&quadrants(8, 8)), EXIF, &exif_segment(1));
    let error = render(&jpeg[..80]).expect_err("not a picture");
    assert!(matches!(error, Invalid::Broken(_)));
    assert!(!format!("{error} {error:?}").contains("GPS"));
}

/// One upload for each path through the decoders.
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
    fn noise_after_the_signature_never_panics(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = render(&[b"\xFF\xD8\xFF", &noise[..]].concat());
        let _ = render(&[b"\x89PNG\r\n\x1A\n", &noise[..]].concat());
    }
}
