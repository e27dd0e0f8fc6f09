//! Statistics of measured values.
#![allow(dead_code, reason = "each benchmark uses a part")]
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]

/// The `q` quantile of the values.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * q).round() as usize]
}

/// The mean without the lowest and highest tenth.
pub fn trimmed_mean(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 10;
    let kept = &sorted[cut..sorted.len() - cut];
    kept.iter().sum::<f64>() / kept.len() as f64
}

/// The statistic of all pairs, and its 95% bootstrap interval: the same statistic of many samples drawn from
/// the pairs with replacement.
pub fn bootstrap(pairs: &[(f64, f64)], statistic: impl Fn(&[(f64, f64)]) -> f64) -> (f64, f64, f64) {
    let mut random = fastrand::Rng::with_seed(1);
    let resampled: Vec<f64> = (0..2000)
        .map(|_| statistic(&(0..pairs.len()).map(|_| pairs[random.usize(..pairs.len())]).collect::<Vec<_>>()))
        .collect();
    (statistic(pairs), quantile(&resampled, 0.025), quantile(&resampled, 0.975))
}
