//! The timings of the mail worker: concurrency, polling, timeouts and retry delays.

use std::time::Duration;

/// The limits and intervals of the mail worker. A mail is no longer retried once its link has expired.
#[derive(Clone, Copy, Debug)]
pub struct MailTimings {
    /// Concurrent attempts, so that a slow one does not delay the others. While all of them hang, another one is
    /// started from time to time, up to twice this number.
    pub senders: usize,
    /// How often the outbox is polled without a notification.
    pub poll: Duration,
    /// The timeout of an attempt. The transports also have a timeout for each step, which usually ends an attempt
    /// earlier.
    pub send_limit: Duration,
    /// How long a row stays claimed after its process has died. A live process renews the lease.
    pub lease: Duration,
    /// The delay after the first failure. It doubles with each further failure.
    pub first_delay: Duration,
    /// The maximum delay.
    pub longest_delay: Duration,
    /// How often one of the mails that wait for the provider is tried while nothing gets through.
    pub probe: Duration,
    /// How long an attempt without a handover may continue after another mail has got through.
    pub grace: Duration,
}

impl Default for MailTimings {
    fn default() -> Self {
        Self {
            senders: 16,
            poll: Duration::from_secs(5),
            send_limit: Duration::from_hours(1),
            lease: Duration::from_mins(1),
            first_delay: Duration::from_secs(5),
            longest_delay: Duration::from_mins(15),
            probe: Duration::from_secs(15),
            grace: Duration::from_secs(30),
        }
    }
}

impl MailTimings {
    /// The delay after `attempts` failures, with jitter: between half and all of the exponential delay, so that mails
    /// that failed together are not retried together.
    pub fn delay(&self, attempts: i32) -> Duration {
        let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(20);
        let whole = self.first_delay.saturating_mul(1 << doublings).min(self.longest_delay);
        whole.mul_f64(0.5 + 0.5 * fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_maximum_with_jitter() {
        let timings = MailTimings::default();
        for (attempts, whole) in [(1, 5), (2, 10), (3, 20), (7, 320), (8, 640), (9, 900), (500, 900)] {
            let delays: Vec<f64> = (0..50).map(|_| timings.delay(attempts).as_secs_f64()).collect();
            let whole = f64::from(whole);
            assert!(delays.iter().all(|delay| (whole / 2.0..=whole).contains(delay)), "{attempts}: {delays:?}");
            assert!(delays.iter().any(|delay| (delay - delays[0]).abs() > 0.01), "{attempts}: no jitter");
        }
    }
}
