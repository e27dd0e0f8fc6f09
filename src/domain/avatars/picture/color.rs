//! Brings a picture's colours to sRGB, which is what is assumed of files without a profile.

use image::{DynamicImage, ImageBuffer};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Makes it RGB, with alpha if it has one. A profile that is broken, or for other channels than the
/// picture's (a CMYK picture has been brought to RGB by its decoder), is ignored.
pub(super) fn to_srgb(picture: DynamicImage, profile: Option<&[u8]>) -> DynamicImage {
    profile.and_then(|profile| transform(&picture, profile)).unwrap_or_else(|| {
        if picture.color().has_alpha() { picture.into_rgba8().into() } else { picture.into_rgb8().into() }
    })
}

fn transform(picture: &DynamicImage, profile: &[u8]) -> Option<DynamicImage> {
    let from = ColorProfile::new_from_slice(profile).ok()?;
    let (space, layout) = match picture {
        DynamicImage::ImageLuma8(_) => (DataColorSpace::Gray, Layout::Gray),
        DynamicImage::ImageLumaA8(_) => (DataColorSpace::Gray, Layout::GrayAlpha),
        DynamicImage::ImageRgb8(_) => (DataColorSpace::Rgb, Layout::Rgb),
        DynamicImage::ImageRgba8(_) => (DataColorSpace::Rgb, Layout::Rgba),
        _ => return None,
    };
    if from.color_space != space {
        return None;
    }
    let (width, height) = (picture.width(), picture.height());
    let alpha = picture.color().has_alpha();
    let to_layout = if alpha { Layout::Rgba } else { Layout::Rgb };
    let transform =
        from.create_transform_8bit(layout, &ColorProfile::new_srgb(), to_layout, TransformOptions::default()).ok()?;
    let mut pixels = vec![0; width as usize * height as usize * to_layout.channels()];
    transform.transform(picture.as_bytes(), &mut pixels).ok()?;
    if alpha {
        ImageBuffer::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8)
    } else {
        ImageBuffer::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
    }
}
