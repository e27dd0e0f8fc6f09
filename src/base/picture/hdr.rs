//! Tone curves for HDR pictures, which show them as browsers do on a screen without HDR.

use moxcms::ToneReprCurve;

/// The brightness of white paper (ITU-R BT.2408) and the brightest distinguishable light, in cd/m².
const WHITE: f64 = 203.0;
const PEAK: f64 = 1000.0;

/// Entries in a table: fine enough for the dark range of PQ at 8 bits.
const ENTRIES: u32 = 4096;

/// SMPTE ST 2084, up to 10,000 cd/m².
pub(super) fn pq() -> ToneReprCurve {
    table(|value| {
        let power = value.powf(32.0 / 2523.0);
        let light = (power - 107.0 / 128.0).max(0.0) / (2413.0 / 128.0 - 2392.0 / 128.0 * power);
        10_000.0 * light.powf(8192.0 / 1305.0)
    })
}

/// ARIB STD-B67 on a screen of 1,000 cd/m² (ITU-R BT.2100).
pub(super) fn hlg() -> ToneReprCurve {
    table(|value| {
        let scene = if value <= 0.5 {
            value * value / 3.0
        } else {
            (((value - 0.559_910_73) / 0.178_832_77).exp() + 0.284_668_92) / 12.0
        };
        PEAK * scene.powf(1.2)
    })
}

/// A table from samples to screen light, with 1 as the brightest. `light` returns cd/m². Light above white is
/// compressed (Reinhard), as in browsers.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 65535")]
fn table(light: impl Fn(f64) -> f64) -> ToneReprCurve {
    let entry = |index: u32| {
        let light = light(f64::from(index) / f64::from(ENTRIES - 1)) / WHITE;
        let shown = light * (1.0 + light * (WHITE / PEAK).powi(2)) / (1.0 + light);
        (shown.clamp(0.0, 1.0) * 65535.0).round() as u16
    };
    ToneReprCurve::Lut((0..ENTRIES).map(entry).collect())
}
