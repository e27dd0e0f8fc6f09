//! How fast the outbox is worked off, and how long failures are waited out.

use std::time::Duration;

use aws_lc_rs::rand;

/// The times that govern the worker. Attempts end when the link they would send has expired.
#[derive(Clone, Copy, Debug)]
pub struct MailTimings {
    /// Mails under way at once, so that a slow one holds up no other. While all of them hang, a further one is
    /// begun from time to time, up to as many again.
    pub senders: usize,
    /// How often the outbox is looked at when nobody says that there is mail.
    pub poll: Duration,
    /// The longest time for one mail. The transports have limits of their own for each step, which end a mail
    /// earlier as a rule.
    pub send_limit: Duration,
    /// How long a claimed row stays claimed after its process has died. A process that lives renews it.
    pub lease: Duration,
    /// The delay after the first failure; it doubles with each further one,
    pub first_delay: Duration,
    /// up to this.
    pub longest_delay: Duration,
    /// While nothing gets through: how often one of the mails that wait for the provider is tried.
    pub probe: Duration,
    /// How long a mail that has not been handed over goes on after another has got through.
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
    /// The delay after the failure number `attempts`: between a half and the whole of what is due,
    /// by chance, so that what failed together does not come back together.
    pub fn delay(&self, attempts: i32) -> Duration {
        let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(20);
        let whole = self.first_delay.saturating_mul(1 << doublings).min(self.longest_delay);
        whole.mul_f64(0.5 + 0.5 * chance())
    }
}

/// From 0 to 1; 1 should the system give no randomness.
fn chance() -> f64 {
    let mut bytes = [u8::MAX; 4];
    let _ = rand::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_from_the_first_to_the_longest_and_spread() {
        let timings = MailTimings::default();
        for (attempts, whole) in [(1, 5), (2, 10), (3, 20), (7, 320), (8, 640), (9, 900), (500, 900)] {
            let delays: Vec<f64> = (0..50).map(|_| timings.delay(attempts).as_secs_f64()).collect();
            let whole = f64::from(whole);
            assert!(delays.iter().all(|delay| (whole / 2.0..=whole).contains(delay)), "{attempts}: {delays:?}");
            assert!(delays.iter().any(|delay| (delay - delays[0]).abs() > 0.01), "{attempts}: no spread");
        }
    }
}
