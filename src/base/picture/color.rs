//! Converts a picture's colors to sRGB. Files without color information are assumed to be sRGB.

use image::{DynamicImage, ImageBuffer};
use moxcms::{
    Chromaticity, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, ToneReprCurve,
    TransferCharacteristics, TransformOptions,
};
use png::{CodingIndependentCodePoints, ScaledFloat, SourceChromaticities};

use super::hdr;

/// The exponent that represents the sRGB curve, and the tolerance within which another is treated as the same. libpng,
/// and therefore browsers, do it this way.
const SRGB_GAMMA: f32 = 0.454_55;
const GAMMA_TOLERANCE: f32 = 0.05;

/// How to interpret the samples of a picture.
pub(super) enum Colors {
    Srgb,
    /// An embedded ICC profile, not validated.
    Icc(Vec<u8>),
    /// RGB with this profile. Gray is RGB with three equal samples.
    Rgb(Box<ColorProfile>),
}

impl Colors {
    /// From `cICP` (ITU-T H.273), if these code points are defined for full-range RGB.
    pub(super) fn from_code_points(points: CodingIndependentCodePoints) -> Option<Self> {
        if !points.is_video_full_range_image {
            return None;
        }
        let transfer = TransferCharacteristics::try_from(points.transfer_function).ok()?;
        let mut profile = ColorProfile::new_from_cicp(CicpProfile {
            color_primaries: points.color_primaries.try_into().ok()?,
            transfer_characteristics: transfer,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        });
        // moxcms leaves the curves empty if it does not support these code points.
        profile.red_trc.as_ref()?;
        // Cleared, because it would take precedence over the curves.
        profile.cicp = None;
        match transfer {
            TransferCharacteristics::Smpte2084 => set_curve(&mut profile, &hdr::pq()),
            TransferCharacteristics::Hlg => set_curve(&mut profile, &hdr::hlg()),
            _ => {}
        }
        Some(Self::Rgb(Box::new(profile)))
    }

    /// From `gAMA` and `cHRM`. Missing or nonsensical values are replaced by those of sRGB.
    pub(super) fn from_gamma(gamma: Option<ScaledFloat>, chromaticities: Option<SourceChromaticities>) -> Self {
        let gamma = gamma.map(ScaledFloat::into_value).filter(|gamma| (0.01..=10.0).contains(gamma));
        let gamma = gamma.filter(|gamma| (gamma / SRGB_GAMMA - 1.0).abs() > GAMMA_TOLERANCE);
        let mut profile = ColorProfile::new_srgb();
        profile.cicp = None;
        let has_primaries = chromaticities.is_some_and(|points| set_primaries(&mut profile, points));
        if let Some(gamma) = gamma {
            set_curve(&mut profile, &ToneReprCurve::Parametric(vec![1.0 / gamma]));
        }
        if has_primaries || gamma.is_some() { Self::Rgb(Box::new(profile)) } else { Self::Srgb }
    }
}

fn set_curve(profile: &mut ColorProfile, curve: &ToneReprCurve) {
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve.clone());
}

/// Sets the primaries and the white point, and returns whether they are usable. Primaries on one line are not.
fn set_primaries(profile: &mut ColorProfile, points: SourceChromaticities) -> bool {
    let point = |(x, y): (ScaledFloat, ScaledFloat)| Chromaticity::new(x.into_value(), y.into_value());
    let (white, red, green, blue) = (point(points.white), point(points.red), point(points.green), point(points.blue));
    let area = (green.x - red.x) * (blue.y - red.y) - (blue.x - red.x) * (green.y - red.y);
    if area.abs() < 0.001 || [white, red, green, blue].iter().any(|point| point.y < 0.001 || point.x + point.y > 1.1) {
        return false;
    }
    let mut changed = profile.clone();
    changed.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
    let colorants = [changed.red_colorant, changed.green_colorant, changed.blue_colorant];
    let usable = colorants.iter().flat_map(|color| [color.x, color.y, color.z]).all(|value| value.abs() < 4.0);
    if usable {
        *profile = changed;
    }
    usable
}

/// Converts a picture to RGB, with alpha if it has any. A profile that is broken or has other channels than the picture
/// is ignored. (The decoder has already converted a CMYK picture to RGB.)
pub(super) fn to_srgb(picture: DynamicImage, colors: &Colors) -> DynamicImage {
    let rgb = |picture: DynamicImage| -> DynamicImage {
        if picture.color().has_alpha() { picture.into_rgba8().into() } else { picture.into_rgb8().into() }
    };
    match colors {
        Colors::Srgb => rgb(picture),
        Colors::Icc(profile) => {
            let profile = ColorProfile::new_from_slice(profile).ok();
            profile.and_then(|profile| transform(&picture, &profile)).unwrap_or_else(|| rgb(picture))
        }
        Colors::Rgb(profile) => {
            let picture = rgb(picture);
            transform(&picture, profile).unwrap_or(picture)
        }
    }
}

fn transform(picture: &DynamicImage, from: &ColorProfile) -> Option<DynamicImage> {
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
