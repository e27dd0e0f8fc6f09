//! bcrypt for up to six passwords at once.

use std::hint::black_box;

use zeroize::{Zeroize, Zeroizing};

use super::blowfish::Blowfish;

/// As many lanes as fit in the L1 cache. More are slower.
pub const LANES: usize = 6;

/// The digest of a password: bcrypt's output without its last byte, as implementations store it.
pub type Digest = [u8; 23];
pub type Salt = [u8; 16];

/// bcrypt reads this many bytes of the password and its terminating zero byte.
const KEY_BYTES: usize = 72;

/// "`OrpheanBeholderScryDoubt`".
const TEXT: [[u32; 2]; 3] = [[0x4f72_7068, 0x6561_6e42], [0x6568_6f6c, 0x6465_7253], [0x6372_7944, 0x6f75_6274]];

/// One password to hash. Only its first 72 bytes count, as in the `bcrypt` crate, so callers must reject longer ones.
pub struct Job {
    pub password: Zeroizing<Vec<u8>>,
    pub salt: Salt,
    /// The digest is taken after 2^cost rounds.
    pub cost: u32,
}

/// Returns the digests of the jobs in their order. A batch runs 2^`work` rounds whatever the costs of its jobs, or
/// more if a job's cost exceeds `work`. The time therefore does not reveal a job's cost. Six jobs take about one and
/// a half times as long as one.
///
/// # Panics
/// If a cost or `work` is 64 or more. Anything above 31 would not finish in practice.
pub fn hash_batch(work: u32, jobs: &[Job]) -> Vec<Digest> {
    match jobs.len() {
        0 => Vec::new(),
        1 => hash_lanes::<1>(work, jobs),
        2 => hash_lanes::<2>(work, jobs),
        3 => hash_lanes::<3>(work, jobs),
        4 => hash_lanes::<4>(work, jobs),
        5 => hash_lanes::<5>(work, jobs),
        _ => {
            let (batch, rest) = jobs.split_at(LANES);
            let mut digests = hash_lanes::<LANES>(work, batch);
            digests.extend(hash_batch(work, rest));
            digests
        }
    }
}

/// The digests of exactly `N` jobs.
fn hash_lanes<const N: usize>(work: u32, jobs: &[Job]) -> Vec<Digest> {
    let mut keys = Zeroizing::new([[0; 18]; N]);
    let mut salts = [[0; 18]; N];
    for ((key, salt), job) in keys.iter_mut().zip(&mut salts).zip(jobs) {
        fill_from_password(key, &job.password);
        fill(salt, &job.salt);
    }
    let mut state = Blowfish::new();
    state.expand_salted(&keys, &salts);
    let mut results = vec![Digest::default(); N];
    let mut rounds = 0_u64;
    let mut costs: Vec<u32> = jobs.iter().map(|job| job.cost).chain([work]).collect();
    costs.sort_unstable();
    costs.dedup();
    for cost in costs {
        for _ in rounds..1 << cost {
            state.expand(&keys);
            state.expand(&salts);
        }
        rounds = 1 << cost;
        for ((result, digest), job) in results.iter_mut().zip(digests(&mut state)).zip(jobs) {
            if job.cost == cost {
                *result = digest;
            }
        }
    }
    // Keeps the compiler from removing the rounds after the last digest.
    black_box(&state);
    results
}

/// Fills `key` with the password and its terminating zero byte, repeated.
fn fill_from_password(key: &mut [u32; 18], password: &[u8]) {
    let mut bytes = [0; KEY_BYTES];
    let length = password.len().min(KEY_BYTES);
    bytes[..length].copy_from_slice(&password[..length]);
    fill(key, &bytes[..KEY_BYTES.min(length + 1)]);
    bytes.zeroize();
}

/// Fills `words` with the bytes in big-endian order, repeated.
fn fill(words: &mut [u32; 18], bytes: &[u8]) {
    for (index, word) in words.iter_mut().enumerate() {
        *word = u32::from_be_bytes(std::array::from_fn(|byte| bytes[(4 * index + byte) % bytes.len()]));
    }
}

/// Encrypts bcrypt's text with the keyed ciphers. Leaves the keys unchanged.
fn digests<const N: usize>(state: &mut Blowfish<N>) -> Vec<Digest> {
    let mut digests = vec![Digest::default(); N];
    for (block, bytes) in TEXT.into_iter().zip((0..).step_by(8)) {
        for (digest, halves) in digests.iter_mut().zip(state.encrypt_repeatedly(block, 64)) {
            let encrypted = halves.map(u32::to_be_bytes);
            for (byte, encrypted) in digest[bytes..].iter_mut().zip(encrypted.as_flattened()) {
                *byte = *encrypted;
            }
        }
    }
    digests
}
