//! Resizes a picture without letting transparent pixels bleed into their neighbors.

use image::DynamicImage;
use image::imageops::FilterType;

/// Sharp enough for faces, with weaker halos than Lanczos.
const FILTER: FilterType = FilterType::CatmullRom;

/// Resizes a picture to `side` × `side` pixels. The filter mixes neighboring pixels, and a transparent pixel must have
/// no weight, whatever its hidden color. Colors are therefore multiplied by their alpha while resizing.
pub(super) fn resize(mut picture: DynamicImage, side: u32) -> DynamicImage {
    each_pixel(&mut picture, |colors, alpha| {
        for color in colors {
            *color = divide(u32::from(*color) * u32::from(alpha), 255);
        }
    });
    let mut resized = picture.resize_exact(side, side, FILTER);
    each_pixel(&mut resized, |colors, alpha| {
        for color in colors {
            *color = if alpha == 0 { 0 } else { divide(u32::from(*color) * 255, u32::from(alpha)) };
        }
    });
    resized
}

/// Calls `change` with the colors and the alpha of each pixel, if the picture has alpha.
fn each_pixel(picture: &mut DynamicImage, change: impl Fn(&mut [u8], u8)) {
    match picture {
        DynamicImage::ImageLumaA8(pixels) => {
            for pixel in pixels.pixels_mut() {
                let [color @ .., alpha] = &mut pixel.0;
                change(color, *alpha);
            }
        }
        DynamicImage::ImageRgba8(pixels) => {
            for pixel in pixels.pixels_mut() {
                let [colors @ .., alpha] = &mut pixel.0;
                change(colors, *alpha);
            }
        }
        _ => {}
    }
}

/// Rounded, and capped at 255, because the filter overshoots at edges.
fn divide(dividend: u32, divisor: u32) -> u8 {
    u8::try_from((dividend + divisor / 2) / divisor).unwrap_or(u8::MAX)
}
