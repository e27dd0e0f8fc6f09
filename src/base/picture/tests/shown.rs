//! Which part of the upload is shown, in which orientation and colors.

use super::jpeg::*;
use super::png::Png;
use super::*;

#[test]
fn the_center_square_is_shown_in_both_sizes() {
    for (width, height) in [(900, 300), (300, 900), (1201, 801), (512, 512), (40, 40), (2999, 2103)] {
        // The outer parts are blue, the center square is green.
        let side = width.min(height);
        let (left, top) = ((width - side) / 2, (height - side) / 2);
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let inside = (left..left + side).contains(&x) && (top..top + side).contains(&y);
            Rgb(if inside { GREEN } else { BLUE })
        });
        let rendered = render(&jpeg(&picture)).expect("an avatar");
        let picture = shown(&rendered.large, LARGE);
        // Neighboring pixels of a JPEG mix, so the edge is left out.
        for at in [24, 128, 256, 400, 487] {
            assert_near(picture.get_pixel(at, 256).0, opaque(GREEN));
            assert_near(picture.get_pixel(256, at).0, opaque(GREEN));
        }
    }
}

#[test]
fn a_single_pixel_is_enlarged() {
    assert_all_near(&Png::new(1, 1, 2, &RED).bytes(), opaque(RED));
    assert_all_near(&Png::new(3, 1, 2, &[WHITE, RED, WHITE].concat()).bytes(), opaque(RED));
}

#[test]
fn every_orientation_is_shown_upright() {
    let upright = [
        [RED, GREEN, BLUE, WHITE],
        [GREEN, RED, WHITE, BLUE],
        [WHITE, BLUE, GREEN, RED],
        [BLUE, WHITE, RED, GREEN],
        [RED, BLUE, GREEN, WHITE],
        [BLUE, RED, WHITE, GREEN],
        [WHITE, GREEN, BLUE, RED],
        [GREEN, WHITE, RED, BLUE],
    ];
    let picture = quadrants(60, 60);
    for (orientation, expected) in (1..).zip(upright) {
        let jpeg = with_segment(&jpeg(&picture), EXIF, &exif_segment(orientation));
        let png = Png::new(60, 60, 2, &picture).chunk(*b"eXIf", exif(orientation)).bytes();
        for upload in [jpeg, png] {
            for (color, expected) in corners(&upload).into_iter().zip(expected) {
                assert_near(color, opaque(expected));
            }
        }
    }
}

#[test]
fn an_embedded_profile_is_converted_to_srgb() {
    let profile = swapping_profile();
    let picture = quadrants(60, 60);
    let jpeg = with_segment(&jpeg(&picture), ICC, &icc_segment(&profile));
    let png = Png::new(60, 60, 2, &picture).profile(&profile).bytes();
    for upload in [jpeg, png] {
        let [first, second, ..] = corners(&upload);
        assert_near(first, [RED[1], RED[0], RED[2], 255]);
        assert_near(second, [GREEN[1], GREEN[0], GREEN[2], 255]);
    }
}

#[test]
fn a_gray_profile_is_converted_to_srgb() {
    // Linear light: half of it looks much brighter than the middle of sRGB.
    let profile = ColorProfile::new_gray_with_gamma(1.0).encode().expect("a profile");
    assert_all_near(&Png::new(1, 1, 0, &[128]).profile(&profile).bytes(), [188, 188, 188, 255]);
    assert_all_near(&Png::new(1, 1, 4, &[128, 90]).profile(&profile).bytes(), [188, 188, 188, 90]);
}

#[test]
fn a_profile_that_is_broken_or_for_other_channels_is_ignored() {
    let swapping = swapping_profile();
    let mut for_lab = swapping.clone();
    for_lab[16..20].copy_from_slice(b"Lab ");
    let gray = ColorProfile::new_gray_with_gamma(1.0).encode().expect("a profile");
    for profile in [b"no profile", &swapping[..200], &cmyk_profile(), &for_lab, &gray] {
        let jpeg = with_segment(&flat_jpeg(BASELINE, 8, &[76, 85, 255]), ICC, &icc_segment(profile));
        assert_all_near(&jpeg, [254, 0, 0, 255]);
        assert_all_near(&Png::new(1, 1, 6, &[220, 30, 30, 128]).profile(profile).bytes(), [220, 30, 30, 128]);
    }
}

#[test]
fn the_gamma_of_a_png_is_applied_unless_it_is_that_of_srgb() {
    let with_gamma = |gamma: u32| Png::new(1, 1, 2, &[128, 64, 255]).chunk(*b"gAMA", gamma.to_be_bytes());
    assert_all_near(&with_gamma(100_000).bytes(), [188, 137, 255, 255]);
    for gamma in [45_455, 45_000, 47_000] {
        assert_all_near(&with_gamma(gamma).bytes(), [128, 64, 255, 255]);
    }
    let gray = Png::new(1, 1, 4, &[128, 90]).chunk(*b"gAMA", 100_000_u32.to_be_bytes());
    assert_all_near(&gray.bytes(), [188, 188, 188, 90]);
    // Absurd values are ignored.
    for gamma in [1, u32::MAX] {
        assert_all_near(&with_gamma(gamma).bytes(), [128, 64, 255, 255]);
    }
}

/// A `cHRM` chunk with this white, red, green and blue, in hundred-thousandths.
fn chromaticities(points: [u32; 8]) -> Vec<u8> {
    points.into_iter().flat_map(u32::to_be_bytes).collect()
}

#[test]
fn the_primaries_of_a_png_are_applied_if_they_are_usable() {
    let png = |points| Png::new(60, 60, 2, &quadrants(60, 60)).chunk(*b"cHRM", chromaticities(points)).bytes();
    let [first, second, ..] = corners(&png([31_270, 32_900, 30_000, 60_000, 64_000, 33_000, 15_000, 6_000]));
    assert_near(first, [RED[1], RED[0], RED[2], 255]);
    assert_near(second, [GREEN[1], GREEN[0], GREEN[2], 255]);
    for points in [
        [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000],
        [0; 8],
        [31_270, 0, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000],
        [31_270, 32_900, 10_000, 10_000, 20_000, 20_000, 30_000, 30_000],
        [u32::MAX; 8],
    ] {
        assert_near(corners(&png(points))[0], opaque(RED));
    }
}

#[test]
fn the_most_precise_color_information_of_a_png_is_used() {
    let color = [200, 90, 60];
    let png = || Png::new(1, 1, 2, &color);
    let shown = |png: Png| corners(&png.bytes())[0];
    let mut p3 = ColorProfile::new_display_p3();
    p3.cicp = None;
    let p3 = p3.encode().expect("a profile");
    let as_p3 = shown(png().profile(&p3));
    assert!(as_p3[0] > 205, "{as_p3:?} is not redder than {color:?}");
    let code_points = |png: Png, points: [u8; 4]| png.chunk(*b"cICP", points);
    let linear = 100_000_u32.to_be_bytes();
    assert_near(shown(code_points(png(), [12, 13, 0, 1])), as_p3);
    assert_near(shown(code_points(png(), [12, 13, 0, 1]).profile(&swapping_profile())), as_p3);
    assert_near(shown(png().profile(&p3).chunk(*b"gAMA", linear)), as_p3);
    assert_near(shown(png().chunk(*b"sRGB", [0]).chunk(*b"gAMA", linear)), opaque(color));
    assert_near(shown(code_points(png(), [1, 13, 0, 1]).chunk(*b"gAMA", linear)), opaque(color));
    // Reserved, unspecified or narrow range: the next information is used.
    for points in [[3, 13, 0, 1], [1, 2, 0, 1], [1, 255, 0, 1], [12, 13, 0, 0]] {
        assert_near(shown(code_points(png(), points).chunk(*b"sRGB", [0])), opaque(color));
    }
}

#[test]
fn an_hdr_picture_is_neither_black_nor_overexposed() {
    let gray = |transfer, sample| {
        let png = Png::new(1, 1, 2, &[sample; 3]).chunk(*b"cICP", [9, transfer, 0, 1]);
        corners(&png.bytes())[0]
    };
    // White paper, in PQ and in HLG, is slightly below the screen's white, which is reserved for brighter light.
    for (transfer, white) in [(16, 148), (18, 191)] {
        assert_near(gray(transfer, white), [191, 191, 191, 255]);
        assert_near(gray(transfer, 0), [0, 0, 0, 255]);
        let levels = [40, 80, 120, 160, 190].map(|sample| gray(transfer, sample)[0]);
        assert!(levels.is_sorted_by(|less, more| less < more), "{levels:?}");
    }
    assert_near(gray(16, 255), [255, 255, 255, 255]);
}

#[test]
fn hidden_colors_do_not_tint_a_large_picture() {
    let picture = image::RgbaImage::from_fn(2_100, 2_100, |x, _| {
        image::Rgba(if x % 2 == 0 { [255, 0, 0, 255] } else { [0, 255, 0, 0] })
    });
    let mut png = Vec::new();
    picture.write_with_encoder(image::codecs::png::PngEncoder::new(&mut png)).expect("a PNG");
    assert_all_near(&png, [255, 0, 0, 128]);
}

#[test]
fn transparent_pixels_do_not_tint_their_neighbors() {
    // The left half is red, the right half is transparent with a hidden green.
    let pixels: Vec<u8> =
        (0..64 * 64).flat_map(|i| if i % 64 < 32 { [255, 0, 0, 255] } else { [0, 255, 0, 0] }).collect();
    let rendered = render(&Png::new(64, 64, 6, &pixels).bytes()).expect("an avatar");
    for picture in [shown(&rendered.large, LARGE), shown(&rendered.small, SMALL)] {
        for pixel in picture.to_rgba8().pixels() {
            let [red, green, blue, alpha] = pixel.0;
            assert!(green == 0 && blue == 0 && (red == 255 || alpha == 0), "{pixel:?}");
        }
    }
}

#[test]
fn translucent_colors_do_not_overflow_at_edges() {
    let pixels: Vec<u8> =
        (0..64 * 64).flat_map(|i| if i % 64 < 32 { [255, 255, 255, 99] } else { [0, 0, 0, 99] }).collect();
    let picture = shown(&render(&Png::new(64, 64, 6, &pixels).bytes()).expect("an avatar").large, LARGE).to_rgba8();
    for (x, _, pixel) in picture.enumerate_pixels() {
        assert_eq!(pixel.0[0] > 127, x < LARGE / 2, "{pixel:?} at {x}");
    }
}
