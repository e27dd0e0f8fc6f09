//! Accepted and generated formats.

use super::jpeg::*;
use super::png::Png;
use super::*;

#[test]
fn every_kind_of_jpeg_is_decoded() {
    assert_all_near(&flat_jpeg(BASELINE, 8, &[90]), [90, 90, 90, 255]);
    assert_all_near(&flat_jpeg(PROGRESSIVE, 8, &[90]), [90, 90, 90, 255]);
    assert_all_near(&flat_jpeg(BASELINE, 8, &[76, 85, 255]), [254, 0, 0, 255]);
    assert_all_near(&flat_jpeg(PROGRESSIVE, 8, &[76, 85, 255]), [254, 0, 0, 255]);
    // Ink is stored inverted, as in Photoshop: no cyan, full magenta and yellow, no black.
    let adobe = |transform| [&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat();
    let cmyk = with_segment(&flat_jpeg(BASELINE, 8, &[255, 0, 0, 255]), ADOBE, &adobe(0));
    assert_all_near(&cmyk, [255, 0, 0, 255]);
    let ycck = with_segment(&flat_jpeg(BASELINE, 8, &[179, 171, 0, 255]), ADOBE, &adobe(2));
    assert_all_near(&ycck, [255, 0, 0, 255]);
}

#[test]
fn every_kind_of_png_is_decoded() {
    let gray = Png::new(1, 1, 0, &[90]).bytes();
    assert_all_near(&gray, [90, 90, 90, 255]);
    let one_bit_gray = Png { depth: 1, ..Png::new(1, 1, 0, &[0x80]) };
    assert_all_near(&one_bit_gray.bytes(), [255, 255, 255, 255]);
    let palette = Png::new(1, 1, 3, &[1]).chunk(*b"PLTE", [WHITE, BLUE].concat());
    assert_all_near(&palette.bytes(), opaque(BLUE));
    assert_all_near(&palette.chunk(*b"tRNS", [255, 100]).bytes(), [30, 30, 220, 100]);
    let keyed = Png::new(2, 2, 2, &[RED, RED, RED, BLUE].concat()).chunk(*b"tRNS", [0, 30, 0, 30, 0, 220]);
    assert_eq!(corners(&keyed.bytes())[3][3], 0);
    let deep = Png { depth: 16, ..Png::new(1, 1, 2, &[0x12, 0x34, 0xAB, 0xCD, 0xFF, 0xFF]) };
    assert_all_near(&deep.bytes(), [0x12, 0xAC, 0xFF, 255]);
    let deep_with_alpha = Png { depth: 16, ..Png::new(1, 1, 4, &[0x80, 0x80, 0x40, 0x40]) };
    assert_all_near(&deep_with_alpha.bytes(), [128, 128, 128, 64]);
    let rounded = Png { depth: 16, ..Png::new(1, 1, 4, &[0, 0, 0x81, 0x01]) };
    assert_eq!(corners(&rounded.bytes())[0][3], 129);
}

#[test]
fn an_interlaced_png_is_decoded() {
    // 2 × 2 pixels are stored in three passes: the first pixel, its neighbor, the second row.
    let rows = [&[0][..], &RED, &[0], &GREEN, &[0], &BLUE, &WHITE].concat();
    let png = Png { interlaced: true, rows, ..Png::new(2, 2, 2, &[0; 12]) };
    for (color, expected) in corners(&png.bytes()).into_iter().zip([RED, GREEN, BLUE, WHITE]) {
        // At this magnification, the filter overshoots where colors meet.
        let near = color.iter().zip(opaque(expected)).all(|(channel, expected)| channel.abs_diff(expected) <= 20);
        assert!(near, "{color:?} instead of {expected:?}");
    }
}

#[test]
fn an_animated_png_shows_its_first_frame() {
    let control = [&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1][..], &[0; 8], &[0, 1, 0, 10, 0, 0]].concat();
    let png = Png::new(1, 1, 2, &RED).chunk(*b"acTL", [0, 0, 0, 2, 0, 0, 0, 0]).chunk(*b"fcTL", control);
    assert_all_near(&png.bytes(), opaque(RED));
}

#[test]
fn opaque_pictures_become_jpeg_and_others_png() {
    let format = |alpha| render(&Png::new(1, 1, 6, &[9, 9, 9, alpha]).bytes()).expect("an avatar").large.format;
    assert_eq!(format(255), Format::Jpeg);
    assert_eq!(format(254), Format::Png);
    assert_eq!(format(0), Format::Png);
    // Transparency outside the square does not matter.
    let outside = Png::new(3, 1, 6, &[0, 0, 0, 0, 9, 9, 9, 255, 0, 0, 0, 0]);
    assert_eq!(render(&outside.bytes()).expect("an avatar").large.format, Format::Jpeg);
}

#[test]
fn the_same_picture_has_the_same_name() {
    let names = |color: [u8; 3]| {
        let rendered = render(&Png::new(1, 1, 2, &color).bytes()).expect("an avatar");
        [rendered.large.name, rendered.small.name]
    };
    assert_eq!(names(RED), names(RED));
    let mut all = [names(RED), names(GREEN)].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|name| name.len() == 43));
}
